#!/usr/bin/env bash
# packages.sh lists the module's packages that this machine can build.
#
#	packages.sh            all of them
#	packages.sh library    those that are no programs
#	packages.sh program    programs without a window
#	packages.sh window     what links ebiten
#
# WINDOW=0 leaves out what links ebiten, for a machine without its C headers.
set -euo pipefail
cd "$(dirname "$0")/.."

go list -f '{{.ImportPath}} {{.Name}} {{join .Deps " "}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... |
  awk -v window="${WINDOW:-1}" -v want="${1:-all}" '
    { kind = $2 == "main" ? "program" : "library" }
    /github.com\/hajimehoshi\/ebiten/ { kind = "window" }
    kind == "window" && window == 0 { next }
    want == "all" || want == kind { print $1 }'
