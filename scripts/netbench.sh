#!/usr/bin/env bash
# netbench.sh prints the tables of docs/BENCHMARKS.md that cmd/netbench
# measures, each under the command that gives it. All of them take five
# minutes; cpu wants the machine for itself.
#
#	netbench.sh              all of them
#	netbench.sh COMMAND…     those: latency bulk wire cpu flood (as root)
#	                         beside (a kernel's TCP, as root)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

show() {
  printf '\nnetbench %s\n' "$*"
  bin/netbench "$@"
}

latency() {
  show latency --rtt 100ms
  show latency --rtt 100ms --loss 1
  show latency --rtt 100ms --loss 5
  show latency --rtt 125ms --loss 10
  show latency --rtt 60ms --jitter 10ms --loss 3 --burst 4
  show latency --rtt 100ms --loss 5 --mode unreliable
  show latency --rtt 100ms --loss 5 --real
}

bulk() {
  show bulk --rate 2mbit --rtt 40ms --queue 250ms
  show bulk --rate 20mbit --rtt 280ms --queue 100ms --loss 0.5
  show bulk --rate 100mbit --rtt 40ms --loss 5
  show bulk --rate 10mbit --rtt 40ms --queue 100ms --competitor cubic
}

beside() { show bulk --rate 10mbit --rtt 40ms --queue 100ms --competitor cubic-kernel; }

wire() { show wire; }

cpu() {
  show cpu -n 200
  show cpu -n 500
  show cpu -n 1000
  show cpu -n 4000 --hz 10
}

flood() {
  show flood --rate 250000 --newcomers 4
  show flood --rate 250000 --newcomers 4 --kind initiate
  show flood --rate 250000 --newcomers 4 --kind garbage
}

bash scripts/build.sh netbench
[ $# -gt 0 ] || set -- latency bulk wire cpu
for command in "$@"; do
  case $command in
    latency | bulk | beside | wire | cpu | flood) "$command" ;;
    *) die 2 "netbench.sh: no command called '$command'" ;;
  esac
done
