#!/usr/bin/env bash
# packages.sh lists the module's packages that this machine can build: all of
# them, or with WINDOW=0 those that do not need ebiten's C headers.
set -euo pipefail
cd "$(dirname "$0")/.."

go list -f '{{.ImportPath}} {{join .Deps " "}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... |
  awk -v window="${WINDOW:-1}" '
    window == 0 && /github.com\/hajimehoshi\/ebiten/ { next }
    { print $1 }'
