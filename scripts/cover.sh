#!/usr/bin/env bash
# cover.sh prints how much of netcode and engine their own tests and those of
# the packages above them reach. It runs without the soaks and the race
# detector, whose counters would only repeat what the short tests show.
# Profile: coverage.out ('go tool cover -html=coverage.out').
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

need_go
go test -short -coverprofile=coverage.out -coverpkg=./netcode/...,./engine/... \
  ./netcode/... ./engine/... ./server ./client >/dev/null

# A statement block appears once for every test binary: it counts as covered
# if any of them reached it.
awk -F'[ :]' '
  NR == 1 { next }
  {
    block = $1 ":" $2
    size[block] = $3
    if ($4 > 0) hit[block] = 1
  }
  END {
    for (block in size) {
      package = block
      sub(/\/[^\/]*$/, "", package)
      sub(/^[^\/]*\/[^\/]*\/[^\/]*\//, "", package)
      all[package] += size[block]
      top = package
      sub(/\/.*/, "", top)
      total[top] += size[block]
      if (block in hit) {
        reached[package] += size[block]
        totalReached[top] += size[block]
      }
    }
    for (package in all)
      printf "%-34s %5.1f%% of %d statements\n", package, 100 * reached[package] / all[package], all[package]
    for (top in total)
      printf "%-34s %5.1f%% of %d statements\n", top " in all", 100 * totalReached[top] / total[top], total[top]
  }' coverage.out | sort
