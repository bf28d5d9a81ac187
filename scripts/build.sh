#!/usr/bin/env bash
# build.sh builds the programs into bin/, installing what the window client
# needs where it may.
#
#	build.sh              all of them
#	build.sh PROGRAM…     these
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

need_go
[ $# -gt 0 ] || set -- arenad netsim netbench arenabot arena
mkdir -p bin
for program in "$@"; do
  if [ "$program" = arena ]; then
    # shellcheck disable=SC2046 # a list of package names
    provide $(missing_window) || die 1 "bin/arena is not built: ebiten needs the above"
    go build -o bin/ ./cmd/arena
  else
    # One static file that runs on any machine of its kind.
    CGO_ENABLED=0 go build -trimpath -o bin/ "./cmd/$program"
  fi
done
