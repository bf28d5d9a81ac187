#!/usr/bin/env bash
# screenshot.sh takes the README's picture anew. The window test plays a real
# match and saves what it sees where ARENA_SCREENSHOT says.
#
#	screenshot.sh [FILE.png]    default docs/images/arena.png
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

picture=${1:-docs/images/arena.png}

need_go
# shellcheck disable=SC2046 # package names have no spaces
provide $(missing_window; missing_xvfb) || die 1 "a picture needs the above"

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
ARENA_SCREENSHOT=$fresh/picture.png go test -count=1 -run '^TestWindow' ./cmd/arena
[ -s "$fresh/picture.png" ] || die 1 "the window test saved no picture"
mv "$fresh/picture.png" "$picture"
say "saved $picture"
