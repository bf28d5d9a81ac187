#!/usr/bin/env bash
# screenshot.sh takes the README's picture anew. The window test plays a real
# match and saves what it sees where ARENA_PICTURE says.
#
#	screenshot.sh [FILE.png]    default docs/arena.png
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

picture=${1:-docs/arena.png}

need_go
# shellcheck disable=SC2046 # package names have no spaces
provide $(missing_window; [ -n "${DISPLAY:-}" ] || missing_xvfb) || die 1 "a picture needs the above"

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
ARENA_PICTURE=$fresh/picture.png show go test -count=1 -run '^TestWindow' ./cmd/arena/...
[ -s "$fresh/picture.png" ] || die 1 "the window test saved no picture"
mv "$fresh/picture.png" "$picture"
say "saved $picture"
