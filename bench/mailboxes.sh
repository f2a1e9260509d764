#!/usr/bin/env bash
# What storing and draining cost end to end, beside what the store alone can do, in one run; and what a million stored messages cost a start.
#   bench/mailboxes.sh [rounds] [directory on the disk to be measured]
# Needs about 4 GB there, g++ and make, and four minutes for five rounds. Only loopback is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5}
work=$(mkdir -p "${2:-${TMPDIR:-/tmp}}" && mktemp -d -p "${2:-${TMPDIR:-/tmp}}" mailboxes-XXXXXX)
node='' output=''
trap 'kill -KILL $node 2> /dev/null || true; rm -rf "$work"' EXIT

dotnet build --configuration Release --verbosity quiet src/Signaling.Node
dotnet build --configuration Release --verbosity quiet bench/store
make --quiet --directory bench/load

now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] " (" v[1] " to " v[NR] ")" }'; }
field() { grep -o "\"$1\":[0-9.]*" | tail -1 | cut -d: -f2; }
resident() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$node/status"; }

# Sets node, url, management and the time from start to ready.
start() {
  local begun line
  begun=$(now)
  exec {output}< <(exec dotnet src/Signaling.Node/bin/Release/net10.0/signaling-node.dll --host 127.0.0.1 --port 0 --health-port 0 \
    --set Store:Directory="$1" --set Mailbox:MaxOpenedPerMinute=1000000 \
    --set Limits:MessagesPerSecond=1000000000 --set Limits:BytesPerSecond=1000000000000 --set Limits:RecipientsPerMinute=1000000)
  node=$!
  until read -r -u "$output" line && [[ $line == *"is ready"* ]]; do kill -0 "$node"; done
  ready_ms=$(($(now) - begun))
  url=ws://${line#*clients at http://} url=${url%%,*}/
  management=${line##*management at }
}

stop() {
  kill -TERM "$node"
  while kill -0 "$node" 2> /dev/null; do sleep 0.1; done
  exec {output}<&-
}

load() { bench/load/wsload offline --url "$url" --server-pid "$node" --size 1024 --senders 16 --window 128 "$@"; }
queued() { curl -sf "$management/stats" | field offlineMessagesQueued; }

# Drained twice: 10,000 peers that come in the same moment are also told of each other, millions of times a second; of 1,000 that is little.
ceilings=() stored=() drained=() few=() costs=()
for round in $(seq "$rounds"); do
  ceiling=$(dotnet bench/store/bin/Release/net10.0/StoreBench.dll "$work" Always ceiling | grep -o 'callers: [0-9,.]*' | tr -dc '0-9\n' | tail -1)
  start "$work/round-$round"
  load --peers 2000 --messages 20 --id-prefix warm > /dev/null
  json=$(load --peers 10000 --messages 20 --id-prefix peer | tail -1)
  left=$(queued)
  few+=("$(load --peers 1000 --messages 100 --id-prefix few | field drain_per_s)")
  stop
  ceilings+=("$ceiling") stored+=("$(field store_per_s <<< "$json")") drained+=("$(field drain_per_s <<< "$json")") costs+=("$(field store_cpu_s_per_m <<< "$json")")
  echo "round $round: store alone $ceiling/s; end to end stored ${stored[-1]}/s, drained ${drained[-1]}/s ($left left), by 1,000 peers ${few[-1]}/s"
done

start "$work/pace"
load --peers 2000 --messages 20 --id-prefix warm > /dev/null
json=$(load --peers 10000 --messages 3 --rate 1000 --id-prefix peer | tail -1)
stop
echo "stored at 1,000/s: confirmed within p50 $(field ack_p50_ms <<< "$json") ms, p99 $(field ack_p99_ms <<< "$json") ms"

start "$work/million"
stop
start "$work/million"
empty_ms=$ready_ms empty_mb=$(resident)
for part in a b c d e; do load --peers 10000 --messages 20 --id-prefix "$part" --no-drain --timeout 120 > /dev/null; done
stop
start "$work/million"
echo "start to ready: $empty_ms ms empty, $ready_ms ms with $(queued) messages; resident then: $empty_mb MB, $(resident) MB"
stop

printf '%s\n' "${ceilings[@]}" | median | sed 's/^/store alone, 2,000 callers, messages a second: /'
printf '%s\n' "${stored[@]}" | median | sed 's/^/stored end to end, messages a second:          /'
printf '%s\n' "${drained[@]}" | median | sed 's/^/drained by 10,000 peers at once:               /'
printf '%s\n' "${few[@]}" | median | sed 's/^/drained by 1,000 peers at once:                /'
printf '%s\n' "${costs[@]}" | median | sed 's/^/CPU seconds of the node a million stored:      /'
