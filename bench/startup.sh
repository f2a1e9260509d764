#!/usr/bin/env bash
# How long a node takes from its start to its ready line, and from SIGTERM to its end, which must have exit code 0.
#   bench/startup.sh 21 artifacts/node/signaling-node
set -euo pipefail
runs=$1
shift

now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
summary() { sort -n | awk -v what="$1" '{ ms[NR] = $1 } END { print what ": median " ms[int((NR + 1) / 2)] " ms, " ms[1] " to " ms[NR] ", " NR " runs" }'; }

starts=() stops=()
for _ in $(seq "$runs"); do
  begun=$(now)
  exec {output}< <(exec "$@" --port 0 --health-port 0)
  node=$!
  until read -r -u "$output" line && [[ $line == *"is ready"* ]]; do kill -0 "$node"; done
  starts+=($(($(now) - begun)))
  begun=$(now)
  kill -TERM "$node"
  wait "$node"
  stops+=($(($(now) - begun)))
  exec {output}<&-
done
printf '%s\n' "${starts[@]}" | summary "start to ready"
printf '%s\n' "${stops[@]}" | summary "SIGTERM to end"
