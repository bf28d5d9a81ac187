#!/usr/bin/env bash
# lint.sh checks what can be checked without running the program. It prints
# findings only, and stops at the first step that has any.
#
#	lint.sh            all steps
#	lint.sh STEP…      these: format tidy verify vet fix staticcheck
#
# WINDOW=0 leaves out the packages that import ebiten, for a machine without
# its C headers.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

format() {
  local unformatted
  unformatted=$(go tool -modfile=tools.mod gofumpt -l .)
  [ -z "$unformatted" ] || die 1 "not formatted ('make fmt' does it):"$'\n'"$unformatted"
}

tidy() {
  go mod tidy -diff || die 1 "go.mod or go.sum is not tidy: run 'go mod tidy'"
}

verify() {
  go mod verify >/dev/null
}

vet() {
  packages | xargs go vet
}

fix() {
  packages | xargs go fix -diff || die 1 "there is a newer way to write the above: run 'go fix ./...'"
}

staticcheck() {
  packages | xargs go tool -modfile=tools.mod staticcheck
}

packages() { bash scripts/packages.sh; }

need_go
[ $# -gt 0 ] || set -- format tidy verify vet fix staticcheck
for step in "$@"; do
  case $step in
    format | tidy | verify | vet | fix | staticcheck) "$step" ;;
    *) die 2 "lint.sh: no step called '$step'" ;;
  esac
done
