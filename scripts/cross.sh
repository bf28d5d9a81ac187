#!/usr/bin/env bash
# cross.sh builds for every system the project promises, without cgo: the
# server, the library and the simulator everywhere; what a browser runs as
# wasm; and the window client for Windows, the one system besides the browser
# on which ebiten needs no cgo.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

targets="linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

# build GOOS/GOARCH PACKAGE…  compiles the packages, links the programs among
# them, and throws the results away.
build() {
  local target=$1
  shift
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build -o /dev/null "$@" ||
    die 1 "does not build for $target without cgo"
}

# everything TARGET lists what must build there: all but the window.
everything() {
  CGO_ENABLED=0 GOOS=${1%/*} GOARCH=${1#*/} WINDOW=0 bash scripts/packages.sh
}

need_go
for target in $targets; do
  # shellcheck disable=SC2046 # import paths have no spaces
  build "$target" $(everything "$target")
done
build js/wasm ./engine/... ./netcode ./client ./cmd/netsim
[ ! -d cmd/arena ] || build windows/amd64 ./cmd/arena
