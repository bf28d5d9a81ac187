# Shared by the scripts beside it, which source it from the repository's root.
# It runs under bash 3.2 (macOS) and newer.
# shellcheck shell=bash

# say prints a line about what is going on; it goes to stderr so that a
# script's output stays its own.
say() { printf '%s\n' "$*" >&2; }

# die prints one line and stops. $1 is the exit code: 2 for a mistake of the
# caller, 1 for everything else.
die() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

have() { command -v "$1" >/dev/null 2>&1; }

in_ci() { [ "${CI:-}" = true ]; }

# need_go checks the toolchain. An older Go may download the right one by
# itself, unless GOTOOLCHAIN=local forbids it.
need_go() {
  have go || die 1 "Go 1.26 or newer is needed and there is no 'go' on the PATH: see https://go.dev/dl/"
  local version minor
  version=$(go env GOVERSION 2>/dev/null) || version=""
  minor=${version#go1.}
  minor=${minor%%[!0-9]*}
  if [ "${minor:-0}" -lt 26 ]; then
    die 1 "Go 1.26 or newer is needed, found ${version:-an older one}: see https://go.dev/dl/"
  fi
  # A checkout owned by somebody else (a container, a shared folder) makes git
  # refuse, and then the build too, for want of a revision to stamp.
  if ! git rev-parse HEAD >/dev/null 2>&1; then
    case " ${GOFLAGS:-} " in
      *" -buildvcs="*) ;;
      *) export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false" ;;
    esac
  fi
}

# may_apt is true where system packages can be installed without asking.
# NO_INSTALL=1 forbids it.
may_apt() {
  [ "${NO_INSTALL:-}" != 1 ] && have apt-get &&
    { [ "$(id -u)" = 0 ] || sudo -n true </dev/null 2>/dev/null; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env "$@"
  else
    sudo -n env "$@"
  fi
}

# apt_install installs the named packages, quietly unless it fails.
apt_install() {
  local log
  log=$(mktemp)
  say "installing system packages: $*"
  # The package lists of a fresh image are missing or stale: always update,
  # since this is reached only when something is missing.
  if as_root DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update </dev/null >"$log" 2>&1 &&
    as_root DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
      apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@" </dev/null >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
  say "apt-get could not install: $*"
  return 1
}

compiles_c() {
  local out status=0
  out=$(mktemp)
  printf '#include <stdlib.h>\nint main(void){return 0;}\n' |
    "$(go env CC)" -x c - -o "$out" >/dev/null 2>&1 || status=1
  rm -f "$out"
  return "$status"
}

# missing_compiler, missing_window and missing_xvfb print the Debian packages
# that are wanted and not there, judged by what works, not by what dpkg says,
# so that other distributions and hand-made installations count too.

missing_compiler() {
  compiles_c || echo gcc libc6-dev
}

# missing_window: what ebiten 2.9 needs to build on Linux
# (https://ebitengine.org/en/documents/install.html); macOS has everything but
# the compiler, Windows needs nothing.
missing_window() {
  case $(uname -s) in
    Linux) missing_compiler ;;
    Darwin)
      missing_compiler
      return 0
      ;;
    *) return 0 ;;
  esac
  if ! have pkg-config; then
    echo pkg-config libgl1-mesa-dev libxcursor-dev libxi-dev libxinerama-dev \
      libxrandr-dev libxxf86vm-dev libasound2-dev
    return 0
  fi
  local pair
  for pair in gl=libgl1-mesa-dev xcursor=libxcursor-dev xi=libxi-dev xinerama=libxinerama-dev \
    xrandr=libxrandr-dev xxf86vm=libxxf86vm-dev alsa=libasound2-dev; do
    pkg-config --exists "${pair%%=*}" || echo "${pair#*=}"
  done
}

# missing_xvfb: the display that window tests start for themselves, and what
# draws on it without a graphics card.
missing_xvfb() {
  [ "$(uname -s)" = Linux ] || return 0
  have Xvfb || echo xvfb
  local driver
  for driver in /usr/lib/*/dri/swrast_dri.so /usr/lib*/dri/swrast_dri.so; do
    [ -e "$driver" ] && return 0
  done
  echo libgl1-mesa-dri
}

# missing_tshark: Wireshark without a window, which reads the captures of the
# tests with our dissector.
missing_tshark() {
  have tshark || echo tshark
}

# missing_foreign: what runs the simulator on processors that this machine is
# not: see same.sh, which needs Linux on amd64.
missing_foreign() {
  have node || echo nodejs
  have qemu-aarch64 || echo qemu-user
}

# install_hint says exactly what to type for the Debian packages in $*.
install_hint() {
  if have apt-get; then
    echo "sudo apt-get install $*"
    return
  fi
  case $(uname -s) in
    Darwin) echo "xcode-select --install" ;;
    Linux) echo "the equivalents of the Debian packages: $* (Fedora, Arch and others: https://ebitengine.org/en/documents/install.html)" ;;
    *) echo "see https://ebitengine.org/en/documents/install.html" ;;
  esac
}

# provide installs the Debian packages in $* where it may. It fails, having
# said what to install, where it may not.
provide() {
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2046 # package names have no spaces
  set -- $(printf '%s\n' "$@" | sort -u)
  if may_apt; then
    apt_install "$@"
  else
    say "missing; to install: $(install_hint "$@")"
    return 1
  fi
}
