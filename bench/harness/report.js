// Writes bench/RESULTS.md from the rows of raw.jsonl.
import { existsSync, writeFileSync } from 'node:fs';
import { benchDirectory, resultsDirectory } from './paths.js';
import { plots } from './plots.js';
import { clusterPeerCounts, connectionCounts, peerCounts } from './scenarios.js';
import { names } from './servers.js';
import { Results } from './statistics.js';
import { judge } from './targets.js';

export function writeReport(rows) {
  const results = new Results(rows);
  const text = [
    '# Results\n',
    'Written by `bench/run`; [README.md](README.md) says how to read it. Medians, least and greatest in brackets; a ratio is taken within its round.\n',
    provenance(rows),
    '## Targets\n',
    targets(results),
    '## Relay\n',
    table(results, 'relay', [['small', '200 B, 50 pairs, window 16'], ['sdp', '4 KB, 50 pairs, window 4'], ['closed', '200 B, 500 pairs, window 1'], ['open', '200 B, 500 pairs, open loop at half of (a)’s limit']],
      { 'messages/s': 'msg_per_s', 'p50 µs': 'p50_us', 'p99 µs': 'p99_us', 'p99.9 µs': 'p999_us', 'CPU s a million': 'cpu_s_per_m', 'server CPU %': 'server_cpu_pct', 'generator CPU %': 'gen_cpu_pct' }),
    '## Connections\n',
    table(results, 'connections', connectionCounts.map((count) => [count, `${count.toLocaleString('en')} connections`]),
      { 'connected and registered/s': 'conn_per_s', 'p99 ms': 'p99_ms', 'resident B a connection': 'rss_per_conn_b', 'resident MB': (row) => row.rss_after_kb / 1024 }),
    table(results, 'idle', [['pings', 'idle, pings every 25 s'], ['silent', 'idle, no pings']], { connections: 'connections', 'server CPU %': 'idle_cpu_pct', 'resident B a connection': 'rss_per_conn_b' }),
    table(results, 'wss', [['wss', 'wss, idle']], { connections: 'connections', 'resident B a connection': 'rss_per_conn_b', 'connected and registered/s': 'conn_per_s' }),
    '## Storms\n',
    table(results, 'storm', [['storm', '15,000 come back at once']], { 'registered within s': 'all_registered_s', 'mail complete within s': 'all_mail_s', 'lost': 'lost', 'doubled': 'dup', 'errors': 'errors', ...beside }),
    table(results, 'presence', [['broadcast', '1,000 joins in 1 s to 1,000 observers']], { 'deliveries/s': 'join_deliveries_per_s', 'told p99 ms': 'each_p99_ms', 'CPU s a million': 'cpu_s_per_m', ...beside }),
    table(results, 'churn', [['2000', '2,000 joins and leaves among 2,000'], ['15000', 'the same among 15,000']], { 'events': 'events', 'statuses to watchers': 'deliveries', 'to others': 'uninvolved', 'CPU s': 'cpu_settled_s', 'resident MB': (row) => row.rss_after_kb / 1024, ...beside }),
    table(results, 'roster', [['one', 'full list, one asks'], ['full', 'full list, 50 ask at once'], ['paged', 'pages of 100, 50 at once']], { 'answers': 'answers', 'B an answer': 'bytes_per_answer', 'p99 ms': 'p99_ms', 'CPU ms an answer': 'cpu_ms_per_answer', 'resident MB': (row) => row.rss_after_kb / 1024 }),
    table(results, 'slow', [['slow', 'one of 1,000 stops reading']], { 'sent to it': 'sent', 'refused': 'refused', 'lost': 'lost', 'peak resident MB': (row) => row.rss_peak_kb / 1024, ...beside }),
    '## Scale\n',
    table(results, 'scale', peerCounts.map((count) => [count, `${count.toLocaleString('en')} peers`]),
      { 'registered/s': 'conn_per_s', 'heap B a peer': 'heap_per_peer_b', 'with a partner': 'heap_per_paired_peer_b', 'resident B a peer': 'rss_per_peer_b', 'messages/s': 'msg_per_s', 'CPU s a million': 'cpu_s_per_m', 'of each pair’s first': 'first_cpu_s_per_m', 'collector’s pauses %': 'gc_pause_pct', 'CPU µs a join': 'join_cpu_us', 'statuses a join': 'join_told', 'peak resident MB': 'rss_peak_mb' }),
    '## Cluster\n',
    table(results, 'cluster', [['closed', '200 B, 250 pairs, window 1'], ['small', '200 B, 50 pairs, window 16']],
      { 'messages/s': 'msg_per_s', 'p50 µs': 'p50_us', 'p99 µs': 'p99_us', 'CPU s a million': 'cpu_s_per_m', 'generator CPU %': 'gen_cpu_pct' }),
    table(results, 'cluster', [['idle', '8,000 silent connections']], { 'resident B a connection': 'rss_per_conn_b', 'connected and registered/s': 'conn_per_s' }),
    table(results, 'cluster-scale', clusterPeerCounts.map((count) => [count, `${count.toLocaleString('en')} peers on three nodes`]),
      { 'registered/s': 'conn_per_s', 'all nodes know after ms': 'known_after_ms', 'heap B a peer': 'heap_per_peer_b', 'messages/s': 'msg_per_s', 'CPU s a million': 'cpu_s_per_m', 'told of another p50 ms': 'presence_p50_ms', 'p99': 'presence_p99_ms', 'page of 100 at most ms': 'page_ms', 'shards to a fourth node': 'joined_shards', 'within s': 'joined_s', 'its leaving s': 'left_s', 'a message meanwhile at most ms': 'moved_latency_max_ms', 'lost': 'lost', 'peak resident MB': 'rss_peak_mb' }),
    '## Plots\n',
    plots.filter((name) => existsSync(`${resultsDirectory}/${name}.svg`)).map((name) => `![${name}](results/${name}.svg)\n`).join('\n'),
    failures(results),
  ];
  writeFileSync(`${benchDirectory}/RESULTS.md`, text.filter(Boolean).join('\n').replace(/\n*$/, '\n'));
}

const beside = { 'relay beside, p99 µs quiet': (row) => row.beside?.quiet_p99_us, 'meanwhile': (row) => row.beside?.meanwhile_p99_us };

function provenance(rows) {
  const distinct = (field) => [...new Set(rows.map((row) => row.machine[field]))].join(', ');
  return [
    '| | |', '| --- | --- |',
    `| machine | ${distinct('cores')} cores of ${distinct('cpu')}, ${distinct('memoryGB')} GB, Linux ${distinct('kernel')}; the load generators share it |`,
    `| node | commit ${distinct('commit')}, .NET ${distinct('dotnet')}, published as one file with ReadyToRun |`,
    `| peers | Node ${distinct('node')}, ws ${distinct('ws')}, peer ${distinct('peer')}; Kestrel of .NET ${distinct('dotnet')} |`,
    `| measured | ${distinct('date')}, ${Math.max(...rows.map((row) => row.round))} round(s) |`, '',
  ].join('\n');
}

function targets(results) {
  const lines = ['| scenario | target | measured | |', '| --- | --- | --- | --- |'];
  for (const { scenario, judgements } of judge(results)) {
    judgements.forEach(({ target, figure, unit = '×', met, text = figure && spread(figure, unit) }, i) => {
      lines.push(`| ${i === 0 ? scenario : ''} | ${target} | ${text ? `${text} | ${met ? 'met' : '**not met**'}` : 'not measured |'} |`);
    });
  }
  return lines.join('\n') + '\n';
}

function table(results, scenario, steps, columns) {
  const lines = [`| | server | ${Object.keys(columns).join(' | ')} |`, `| --- | --- |${' --- |'.repeat(Object.keys(columns).length)}`];
  for (const [step, title] of steps) {
    for (const server of Object.keys(names)) {
      const figures = Object.values(columns).map((metric) => results.summary(scenario, step, server, metric));
      if (figures.some(Boolean)) lines.push(`| ${title} | ${names[server]} | ${figures.map((figure) => (figure ? spread(figure) : '')).join(' | ')} |`);
    }
  }
  return lines.length > 2 ? lines.join('\n') + '\n' : '';
}

function failures(results) {
  const failed = results.failures();
  if (failed.length === 0) return '';
  return ['## Runs that were not clean\n', ...failed.map((row) => `- ${row.scenario} ${row.step}, ${names[row.server]}, round ${row.round}: ${row.first_error || row.first_odd || 'see raw.jsonl'}`), ''].join('\n');
}

const spread = ({ median, min, max, runs }, unit = '') => {
  const text = (value) => number(value) + (unit && runs > 0 ? ` ${unit}` : '');
  return runs > 1 && min !== max ? `${text(median)} (${number(min)} – ${number(max)})` : text(median);
};

const number = (value) => value.toLocaleString('en', Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
