#!/usr/bin/env bash
# test.sh is "make test": it installs what the tests need, then checks and runs
# everything, cheapest first, and stops at the first step that fails.
#
# Where a tool is missing and cannot be installed, the step says so and is
# skipped; with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

fuzz_budget=300 # seconds, shared by all fuzz targets

# One stream, so that what a step prints stays under its heading.
exec 2>&1

heading="before the first step"
skipped_steps=0
scratch=$(mktemp -d)

finish() {
  local status=$?
  rm -rf "$scratch"
  [ "$status" = 0 ] || echo "make test: FAILED in: $heading"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# step HEADING COMMAND…  runs a step. The command stands in no condition, so
# that set -e holds inside it.
step() {
  local start=$SECONDS
  heading=$1
  shift
  echo "== $heading"
  "$@"
  echo "   $((SECONDS - start)) s"
}

# without HEADING REASON  says that a step cannot run here.
without() {
  heading=$1
  echo "== $heading"
  ! in_ci || die 1 "$2 (in CI a missing tool is a failure)"
  say "   skipped: $2"
  skipped_steps=$((skipped_steps + 1))
}

# prepare installs system packages: a C compiler for the race detector, headers
# for the window client, a display for its test, tshark for the captures', and processors that are not
# there.
prepare() {
  local wanted
  wanted=$(missing_compiler; missing_window; missing_xvfb; missing_tshark; ! compares || missing_foreign)
  # shellcheck disable=SC2086 # a list of package names
  provide $wanted || ! in_ci
}

# compares is true on what same.sh compares with others.
compares() { [ "$(go env GOOS)/$(go env GOARCH)" = linux/amd64 ]; }

# pinned NAME  is true if the tool of tools.mod is there or can be built.
pinned() { go tool -modfile=tools.mod "$1" -version >/dev/null 2>&1; }

# lint_with NAME STEP…  runs steps of lint.sh that use a tool of tools.mod.
lint_with() {
  if pinned "$1"; then
    step "$1" bash scripts/lint.sh "$2"
  else
    without "$1" "$1 cannot be built from tools.mod (no network?)"
  fi
}

# run_tests KIND FLAG…  runs the tests of the packages of that kind (see
# packages.sh).
run_tests() {
  local packages
  packages=$(bash scripts/packages.sh "$1")
  shift
  [ -n "$packages" ] || return 0
  # shellcheck disable=SC2086 # import paths have no spaces
  go test -json -shuffle=on -timeout 15m "$@" $packages | "$scratch/testlog" -totals "$scratch/totals"
}

need_go
step "system packages" prepare

export WINDOW=1
missing=$(missing_window)
if [ -n "$missing" ]; then
  WINDOW=0
  # shellcheck disable=SC2086 # a list of package names
  without "cmd/arena" "to install: $(install_hint $missing)"
fi
missing=$(missing_xvfb)
# shellcheck disable=SC2086 # a list of package names
[ -z "$missing" ] || without "window tests" "to install: $(install_hint $missing)"

missing=$(missing_tshark)
# shellcheck disable=SC2086 # a list of package names
[ -z "$missing" ] || without "dissector tests" "to install: $(install_hint $missing)"

lint_with gofumpt format
step "go mod tidy" bash scripts/lint.sh tidy
step "go mod verify" bash scripts/lint.sh verify
step "layers" go test -count=1 ./internal/layers
step "go vet" bash scripts/lint.sh vet
step "go fix" bash scripts/lint.sh fix
lint_with staticcheck staticcheck
step "cross-builds without cgo" bash scripts/cross.sh
if compares; then
  missing=$(missing_foreign)
  if [ -z "$missing" ]; then
    step "the same bytes on other processors" bash scripts/same.sh short
  else
    # shellcheck disable=SC2086 # a list of package names
    without "the same bytes on other processors" "to install: $(install_hint $missing)"
  fi
fi

go build -o "$scratch/testlog" ./internal/testlog
# Programs play in real time: one at a time, so that they have the machine to
# themselves. What has a window also draws without a graphics card: not under
# the race detector, which would leave it a few pictures a second.
if [ -z "$(missing_compiler)" ]; then
  step "libraries under the race detector" run_tests library -race
  step "programs under the race detector" run_tests program -race -p 1
else
  without "race detector" "to install: $(install_hint "$(missing_compiler)")"
fi
step "libraries at full speed, soaks included" run_tests library
step "programs at full speed" run_tests program -p 1
[ "$WINDOW" = 0 ] || step "window" run_tests window -p 1
FUZZBUDGET=$fuzz_budget step "fuzzing" bash scripts/fuzz.sh
step "coverage" bash scripts/cover.sh

[ "$skipped_steps" = 0 ] || echo "$skipped_steps steps skipped, see above"
echo "make test: ok in $SECONDS s"
awk '{ passed += $1; failed += $2; skipped += $3 }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$scratch/totals"
