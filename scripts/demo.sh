#!/usr/bin/env bash
# demo.sh plays Arena on this machine: a dedicated server with bots, a bad link
# in front of it, and the window client; or, without a display, a headless
# client that prints a line a second.
#
#	DEMO_SECONDS=15   stop after 15 s and judge the run: exit 0 only if the
#	                  client ran its ticks and got its snapshots
#	DEMO_HEADLESS=1   no window, even with a display
#	DEMO_NAME=Ann     the player's name
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

# ---- What the programs are told. Nothing below knows a flag. ----

server_port=7777 # taken already: any free one
proxy_port=7778

server_command() { # ADDRESS
  echo "$bin/arenad --listen $1 --bots 8 --name Demo"
}
proxy_command() { # ADDRESS SERVER
  echo "$bin/netsim proxy --listen $1 --to $2 --rtt 80ms --jitter 20ms --loss 3%"
}
client_command() { # PROXY KEY
  local program=$bin/arena more=""
  if [ "$headless" = 1 ]; then
    program=$bin/arenabot
    more=" --status"
  fi
  [ -z "$seconds" ] || more="$more --seconds $seconds --demo"
  echo "$program --connect $1${2:+ --key $2} --name $name$more"
}

# Arenad says "… listening on HOST:PORT key HEX", netsim "… ready on HOST:PORT".
said_address() { sed -n -E 's/.*(listening|ready) on ([^ ]+:[0-9]+).*/\2/p' "$1" | head -n 1; }
said_key() { sed -n -E 's/.*listening on [^ ]+ key ([0-9a-f]+).*/\1/p' "$1" | head -n 1; }

# ---- What was asked for ----

seconds=${DEMO_SECONDS:-}
name=${DEMO_NAME:-Player}
case $seconds in
  "") ;;
  *[!0-9]* | 0*) die 2 "demo: DEMO_SECONDS='$seconds': want a whole number of seconds, 1 or more" ;;
esac
case $name in
  *[!A-Za-z0-9_-]* | "") die 2 "demo: DEMO_NAME='$name': want letters, digits, - and _" ;;
esac

headless=${DEMO_HEADLESS:-0}
case $(uname -s) in
  Darwin | MINGW* | MSYS* | CYGWIN*) ;;
  *) [ -n "${DISPLAY:-}" ] || headless=1 ;; # ebiten needs X11 there
esac

# ---- Children, and their end ----

bin=bin
logs=$(mktemp -d)
server="" proxy="" client=""

# stop PID…  ends our own children: politely, then not.
stop() {
  local pid tries
  for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 30 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  # The client first: it says goodbye through the others.
  # shellcheck disable=SC2086 # PIDs, some of them absent
  stop $client $proxy $server
  if [ "$status" = 0 ] || [ "$status" -ge 128 ] || ! ls "$logs"/* >/dev/null 2>&1; then
    rm -rf "$logs"
  elif in_ci; then
    tail -n 20 "$logs"/* >&2
    rm -rf "$logs"
  else
    say "demo: what the programs said is in $logs"
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

fail() { die 1 "demo: $*"; }

# last_words FILE  is what a program said last, for a line about its end.
last_words() { grep -v '^[[:space:]]*$' "$1" 2>/dev/null | tail -n 1; }

# listening LOG PID  waits until the program says where it listens.
listening() {
  local tries=0
  while [ "$tries" -lt 100 ]; do
    [ -z "$(said_address "$1")" ] || return 0
    kill -0 "$2" 2>/dev/null || return 1
    tries=$((tries + 1))
    sleep 0.1
  done
  return 1
}

# start LOG COMMAND…  starts a program in the background; its PID is in $!.
start() {
  local log=$1
  shift
  # shellcheck disable=SC2068 # a command line of plain words
  $@ >"$log" 2>&1 </dev/null &
}

# ---- Build ----

need_go
programs="arenad netsim arenabot"
[ "$headless" = 1 ] || programs="arenad netsim arena"
if [ "$headless" = 0 ] && [ -n "$(missing_window)" ]; then
  # shellcheck disable=SC2046 # a list of package names
  provide $(missing_window) || fail "the window client cannot be built without the above (DEMO_HEADLESS=1 plays without a window)"
fi
say "demo: building (the first time takes a minute or two)"
# shellcheck disable=SC2086 # a list of words
bash scripts/build.sh $programs || fail "the build failed, see above"

# ---- Play ----

for port in $server_port 0; do
  # shellcheck disable=SC2046 # a command line of plain words
  start "$logs/arenad" $(server_command "127.0.0.1:$port")
  server=$!
  if listening "$logs/arenad" "$server"; then break; fi
  stop "$server"
  server=""
done
[ -n "$server" ] || fail "the server did not start: $(last_words "$logs/arenad")"
server_address=$(said_address "$logs/arenad")

for port in $proxy_port 0; do
  # shellcheck disable=SC2046 # a command line of plain words
  start "$logs/netsim" $(proxy_command "127.0.0.1:$port" "$server_address")
  proxy=$!
  if listening "$logs/netsim" "$proxy"; then break; fi
  stop "$proxy"
  proxy=""
done
[ -n "$proxy" ] || fail "the link simulator did not start: $(last_words "$logs/netsim")"
proxy_address=$(said_address "$logs/netsim")

say "demo: server on $server_address, link of 80 ms RTT, 20 ms jitter and 3 % loss on $proxy_address"
[ "$headless" = 0 ] || say "demo: no display, so a headless client plays (Ctrl-C stops)"

# In the background, so that a signal ends the wait and not only the client.
# shellcheck disable=SC2046 # a command line of plain words
set -- $(client_command "$proxy_address" "$(said_key "$logs/arenad")")
"$@" </dev/null &
client=$!
status=0
wait "$client" || status=$?
client=""
if [ "$status" != 0 ]; then
  kill -0 "$server" 2>/dev/null || say "demo: the server stopped: $(last_words "$logs/arenad")"
  kill -0 "$proxy" 2>/dev/null || say "demo: the link simulator stopped: $(last_words "$logs/netsim")"
  fail "the client ended with exit code $status"
fi
