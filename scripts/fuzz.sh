#!/usr/bin/env bash
# fuzz.sh runs every fuzz target in turn and prints how often each was tried.
#
#	FUZZTIME=3m fuzz.sh     each target for three minutes
#	FUZZBUDGET=300 fuzz.sh  300 seconds shared by all, at most 30 s each
#	FUZZ=Header fuzz.sh     only targets whose name matches
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

longest=30 # seconds; what STYLE asks for when there are few targets

# list_targets prints "PACKAGE TARGET" for every fuzz target.
list_targets() {
  local dirs
  # Only packages that have one are compiled.
  dirs=$(grep -rlE --include='*_test.go' '^func Fuzz[A-Z]' . | xargs -n1 dirname | sort -u) || true
  [ -n "$dirs" ] || return 0
  # shellcheck disable=SC2086 # our own folders have no spaces
  go test -list "^Fuzz.*${FUZZ:-}" $dirs | awk '
    /^Fuzz/ { names[++n] = $1 }
    /^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }'
}

# fuzz_one PACKAGE TARGET TIME LOG
fuzz_one() {
  go test -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 1s "$1" </dev/null >"$4" 2>&1
}

# spurious LOG: the fuzzer now and then reports its own deadline as a failure
# (golang/go#75804); a real one names the input it wrote.
spurious() {
  grep -q 'context deadline exceeded' "$1" && ! grep -q 'Failing input written' "$1"
}

need_go
targets=$(list_targets) || die 1 "cannot list the fuzz targets"
count=$(printf '%s' "$targets" | grep -c . || true)
[ "$count" -gt 0 ] || die 1 "no fuzz target found"
time=${FUZZTIME:-}
if [ -z "$time" ]; then
  seconds=$((${FUZZBUDGET:-300} / count))
  [ "$seconds" -le "$longest" ] || seconds=$longest
  [ "$seconds" -ge 1 ] || seconds=1
  time=${seconds}s
fi
say "$count fuzz targets, $time each"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
while read -r package target; do
  if ! fuzz_one "$package" "$target" "$time" "$log"; then
    if ! spurious "$log" || ! fuzz_one "$package" "$target" "$time" "$log"; then
      cat "$log"
      die 1 "$target in $package failed; its input is the new file under testdata/fuzz: commit it with the fix"
    fi
  fi
  execs=$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
  printf '%-28s %12s executions  %s\n' "$target" "${execs:-0}" "${package#*/*/*/}"
done <<<"$targets"
