#!/usr/bin/env bash
# same.sh is "make same": a seed is the same run on every processor. It runs
# scenarios on this machine, on linux/386, in Node (js/wasm) and on linux/arm64
# (under qemu-user), and compares the digests, which cover every datagram, its
# bytes and its time.
#
#	same.sh          every scenario, two seeds, fifteen virtual seconds
#	same.sh short    two scenarios, one seed, three virtual seconds
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

seconds=15 seeds="1 4711"
scenarios="scripts/same.toml duel nat-rebinding starlink-evening bufferbloat congested-upload damaged arena-mixed"
if [ "${1:-}" = short ]; then
  seconds=3 seeds=1 scenarios="scripts/same.toml arena-mixed"
fi

need_go
# shellcheck disable=SC2046 # package names have no spaces
provide $(missing_foreign) || die 1 "without these there is nothing to compare with"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

targets="linux/amd64 linux/386 js/wasm linux/arm64"
for target in $targets; do
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build -o "$scratch/${target#*/}" ./cmd/netsim
done
wasm=$(go env GOROOT)/lib/wasm/wasm_exec_node.js

# netsim ARCH ARGUMENT…  runs netsim there.
netsim() {
  local arch=$1
  shift
  # An environment of its own: wasm has little room for one.
  case $arch in
    wasm) nice -n 5 env -i PATH="$PATH" node --stack-size=8192 "$wasm" "$scratch/wasm" "$@" ;;
    arm64) nice -n 5 qemu-aarch64 "$scratch/arm64" "$@" ;;
    *) nice -n 5 "$scratch/$arch" "$@" ;;
  esac
}

# digest ARCH SCENARIO SEED  prints the digest of a run. Whether it holds what
# its scenario asserts is not asked: it may be over before.
digest() {
  netsim "$1" run "$2" --seed "$3" --seconds "$seconds" --json 2>"$scratch/said" >"$scratch/result" || true
  sed -n 's/^  "digest": "\(0x[0-9a-f]*\)",$/\1/p' "$scratch/result"
}

different=0
printf '%-18s %5s  %-18s %s\n' scenario seed digest 'is the same on'
for scenario in $scenarios; do
  for seed in $seeds; do
    want=$(digest amd64 "$scenario" "$seed")
    [ -n "$want" ] || die 1 "$scenario has no digest: $(tail -n 3 "$scratch/said")"
    verdict=amd64
    for arch in 386 wasm arm64; do
      got=$(digest "$arch" "$scenario" "$seed")
      if [ "$got" = "$want" ]; then
        verdict="$verdict, $arch"
      else
        verdict="$verdict, NOT $arch (${got:-$(tail -n 1 "$scratch/said")})"
        different=$((different + 1))
      fi
    done
    name=${scenario##*/}
    printf '%-18s %5s  %-18s %s\n' "${name%.toml}" "$seed" "$want" "$verdict"
  done
done
[ "$different" = 0 ] || die 1 "$different runs differ: netsim replay SCENARIO SEED --qlog DIR on both shows where"
