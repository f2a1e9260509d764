// The targets of the project's performance work (README.md beside this folder), each as a question to the results.
// A judgement is { target, figure, unit?, met } or { target, text, met }; `figure` is a summary. Neither figure nor text: it was not measured.

import { clusterPeerCounts } from './scenarios.js';

const atLeast = (target, limit, figure, unit) => ({ target, figure, unit, met: figure && figure.median >= limit });
const atMost = (target, limit, figure, unit) => ({ target, figure, unit, met: figure && figure.median <= limit });

export function judge(results) {
  const relay = (step, metric, peer, peerMetric = metric) => results.ratio('relay', [step, 'node', metric], [step, peer, peerMetric]);
  const joins = (step, server) => [step, server, 'conn_per_s'];
  const meanwhile = (scenario, step) => results.summary(scenario, step, 'node', (row) => row.beside && row.beside.meanwhile_p99_us / row.beside.quiet_p99_us);
  const kiB = (metric) => (row) => row[metric] / 1024;
  const inCluster = (step, server, metric) => results.ratio('cluster', [step, server, metric], [step, 'node', metric]);
  const allOk = (target, scenario, steps, server = 'node') => {
    const runs = steps.flatMap((step) => results.values(scenario, step, server, 'ok'));
    const clean = runs.filter(Boolean).length;
    return { target, text: runs.length > 0 && `${clean} of ${runs.length} runs`, met: clean === runs.length };
  };

  return [
    { scenario: 'relay, 200 B, 50 pairs, window 16', judgements: [
      atLeast('≥ 5 × (a) messages/s', 5, relay('small', 'msg_per_s', 'ws')),
      atMost('≤ 1/4 of (a)’s CPU a message', 0.25, relay('small', 'cpu_s_per_m', 'ws')),
      atLeast('≥ 75 % of (c)', 0.75, relay('small', 'msg_per_s', 'echo')),
    ] },
    { scenario: 'relay, 4 KB SDP, 50 pairs, window 4', judgements: [
      atLeast('≥ 4 × (a) messages/s', 4, relay('sdp', 'msg_per_s', 'ws')),
      atLeast('≥ 60 % of (c)', 0.6, relay('sdp', 'msg_per_s', 'echo')),
    ] },
    { scenario: 'relay, closed loop (window 1), 500 pairs', judgements: [
      atLeast('≥ 1.5 × (a) messages/s', 1.5, relay('closed', 'msg_per_s', 'ws')),
      atMost('p99 ≤ (a)’s', 1, relay('closed', 'p99_us', 'ws')),
    ] },
    { scenario: 'open loop at half of (a)’s limit', judgements: [
      atMost('p99 ≤ 1/3 of (a)’s', 1 / 3, relay('open', 'p99_us', 'ws')),
      atMost('p99.9 ≤ (a)’s p99', 1, relay('open', 'p999_us', 'ws', 'p99_us')),
    ] },
    { scenario: 'idle, registered, 18,000 connections', judgements: [
      atMost('≤ 10 KiB resident a connection', 10, results.summary('idle', 'pings', 'node', kiB('rss_per_conn_b')), 'KiB'),
      atMost('CPU < 2 % of a core beyond pings', 2, results.summary('idle', 'silent', 'node', 'idle_cpu_pct'), '%'),
      atMost('wss ≤ 36 KiB a connection', 36, results.summary('wss', 'wss', 'node', kiB('rss_per_conn_b')), 'KiB'),
    ] },
    { scenario: 'connect + register, up to 18,000', judgements: [
      atLeast('≥ 1.5 × (a) a second, at 18,000', 1.5, results.ratio('connections', joins(18_000, 'node'), joins(18_000, 'ws'))),
      atLeast('at 18,000 no more than 20 % slower than at 1,000', 0.8, results.ratio('connections', joins(18_000, 'node'), joins(1_000, 'node'))),
    ] },
    { scenario: 'reconnect storm, 15,000 at once', judgements: [
      atMost('all back in ≤ (a)’s time', 1, results.ratio('storm', ['storm', 'node', 'all_registered_s'], ['storm', 'ws', 'all_registered_s'])),
      allOk('no error, no lost or doubled mail', 'storm', ['storm']),
      atMost('relay p99 meanwhile ≤ 5 × quiet', 5, meanwhile('storm', 'storm')),
    ] },
    { scenario: 'presence, 1,000 observers of scope `all`, 1,000 joins in 1 s', judgements: [
      allOk('every observer told of every join, once', 'presence', ['broadcast']),
      atLeast('≥ 300,000 deliveries/s', 300_000, results.summary('presence', 'broadcast', 'node', 'join_deliveries_per_s'), '/s'),
      atMost('signaling p99 meanwhile ≤ 2 × quiet', 2, meanwhile('presence', 'broadcast')),
    ] },
    { scenario: 'presence, 15,000 peers, 2,000 joins and as many leaves in 1 s, default scope', judgements: [
      allOk('whoever watches ends up knowing the truth', 'churn', [15_000]),
      atMost('nobody else is told', 0, results.summary('churn', 15_000, 'node', 'uninvolved'), 'statuses'),
      atMost('CPU at 15,000 peers ≤ 1.2 × at 2,000', 1.2, results.ratio('churn', ['15000', 'node', 'cpu_settled_s'], ['2000', 'node', 'cpu_settled_s'])),
      atMost('flapping conflated: ≤ 0.5 statuses for each event watched', 0.5, results.summary('churn', 15_000, 'node', (row) => row.deliveries / (row.events / row.flappers * row.watchers * row.watched_each))),
      atMost('signaling p99 meanwhile ≤ 1.5 × quiet', 1.5, meanwhile('churn', '15000')),
      atMost('memory grows by ≤ 32 MiB', 32, results.summary('churn', 15_000, 'node', (row) => (row.rss_after_kb - row.rss_before_kb) / 1024), 'MiB'),
    ] },
    { scenario: '`get-peers` with 15,000 peers', judgements: [
      allOk('every list complete, nobody twice', 'roster', ['one', 'full', 'paged']),
      atMost('asked by 50 at once: CPU an answer ≤ 1/2 of the first’s, whose list it shares', 0.5, results.ratio('roster', ['full', 'node', 'cpu_ms_per_answer'], ['one', 'node', 'cpu_ms_per_answer'])),
      atMost('a page of 100 costs ≤ 1/50 of the full list’s first answer', 0.02, results.ratio('roster', ['paged', 'node', 'cpu_ms_per_answer'], ['one', 'node', 'cpu_ms_per_answer'])),
    ] },
    { scenario: 'slow reader among 1,000 pairs', judgements: [
      allOk('nothing lost that was accepted', 'slow', ['slow']),
      atMost('memory bounded: grows by ≤ 32 MiB', 32, results.summary('slow', 'slow', 'node', (row) => (row.rss_peak_kb - row.rss_before_kb) / 1024), 'MiB'),
      atMost('the others’ p99 ≤ 1.2 × quiet', 1.2, meanwhile('slow', 'slow')),
    ] },
    { scenario: 'a cluster, against a single node', judgements: [
      atMost('CPU a message from one node to another ≤ 2.5 ×, closed loop (window 1), 250 pairs', 2.5, inCluster('closed', 'across', 'cpu_s_per_m')),
      atMost('the same with 50 pairs, window 16', 2.5, inCluster('small', 'across', 'cpu_s_per_m')),
      atMost('CPU a message in a cluster of one ≤ 1.3 ×, window 1', 1.3, inCluster('closed', 'one', 'cpu_s_per_m')),
      atMost('the same, window 16', 1.3, inCluster('small', 'one', 'cpu_s_per_m')),
      atMost('memory of an idle connection in a cluster of one ≤ 1.3 ×', 1.3, inCluster('idle', 'one', 'rss_per_conn_b')),
    ] },
    { scenario: '100,000 peers on three nodes, actors alone', judgements: [
      allOk('no message lost while a node joins and leaves', 'cluster-scale', clusterPeerCounts, 'actors'),
      atMost('a peer costs ≤ 1.2 × what it does among 1,000', 1.2, results.ratio('cluster-scale', ['100000', 'actors', 'heap_per_peer_b'], ['1000', 'actors', 'heap_per_peer_b'])),
      atMost('a page of the list ≤ 50 ms', 50, results.summary('cluster-scale', 100_000, 'actors', 'page_ms'), 'ms'),
      atMost('a message waits ≤ 2 s for a mailbox that moves', 2_000, results.summary('cluster-scale', 100_000, 'actors', 'moved_latency_max_ms'), 'ms'),
    ] },
  ];
}
