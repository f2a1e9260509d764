// Draws bench/results/*.svg: the node against its peers, and against the number of connections.
import * as echarts from 'echarts';
import { writeFileSync } from 'node:fs';
import { resultsDirectory } from './paths.js';
import { clusterPeerCounts, connectionCounts, peerCounts } from './scenarios.js';
import { names } from './servers.js';
import { Results } from './statistics.js';

const colours = { node: '#1f6feb', ws: '#d29922', wsTuned: '#9a6700', peerjs: '#bf3989', echo: '#8c959f' };
const scaleColours = ['#1f6feb', '#d29922', '#bf3989', '#8c959f'];
const relaySteps = { small: '200 B\nwindow 16', sdp: '4 KB\nwindow 4', closed: '200 B\n500 pairs, window 1' };

export const plots = ['throughput', 'latency', 'connect-rate', 'memory', 'scale-rate', 'scale-memory', 'cluster-rate', 'cluster-memory', 'cluster-time'];

export function drawPlots(rows) {
  const results = new Results(rows);
  bars('throughput', 'Messages relayed a second', Object.keys(relaySteps), (step, server) => results.summary('relay', step, server, 'msg_per_s'), relaySteps);
  bars('latency', 'Latency in the open loop, µs', ['p50_us', 'p99_us', 'p999_us'], (metric, server) => results.summary('relay', 'open', server, metric), { p50_us: 'p50', p99_us: 'p99', p999_us: 'p99.9' }, 'log');
  lines('connect-rate', 'Connected and registered a second', 'connections', connectionSeries(results, 'conn_per_s'));
  lines('memory', 'Resident memory, MB', 'connections', connectionSeries(results, (row) => row.rss_after_kb / 1024));
  lines('scale-rate', 'The actors alone, a second', 'peers', scaleSeries(results, { 'messages relayed': 'msg_per_s', registrations: 'conn_per_s' }), 'log');
  lines('scale-memory', 'The actors alone, live bytes a peer', 'peers', scaleSeries(results, { 'has exchanged messages with one other': 'heap_per_paired_peer_b', 'registered, silent': 'heap_per_peer_b' }), 'log');
  lines('cluster-rate', 'Three nodes, actors alone, a second', 'peers', clusterSeries(results, { 'messages relayed': 'msg_per_s', registrations: 'conn_per_s' }), 'log');
  lines('cluster-memory', 'Three nodes, actors alone, live bytes a peer on all of them', 'peers', clusterSeries(results, { 'registered, silent': 'heap_per_peer_b' }), 'log');
  lines('cluster-time', 'Three nodes, actors alone, ms', 'peers', clusterSeries(results, { 'told of another, p99': 'presence_p99_ms', 'page of 100, at most': 'page_ms', 'message while mailboxes move, at most': 'moved_latency_max_ms' }), 'log');
}

const connectionSeries = (results, metric) => ['node', 'ws'].map((server) => ({
  name: names[server], colour: colours[server],
  points: connectionCounts.map((count) => [count, results.summary('connections', count, server, metric)]).filter(([, figure]) => figure),
}));

const scaleSeries = (results, metrics) => growth(results, 'scale', peerCounts, metrics);
const clusterSeries = (results, metrics) => growth(results, 'cluster-scale', clusterPeerCounts, metrics);

const growth = (results, scenario, counts, metrics) => Object.entries(metrics).map(([name, metric], i) => ({
  name, colour: scaleColours[i],
  points: counts.map((count) => [count, results.summary(scenario, count, 'actors', metric)]).filter(([, figure]) => figure),
}));

function bars(name, title, categories, figureOf, labels, scale = 'value') {
  const series = Object.keys(names)
    .map((server) => ({ server, figures: categories.map((category) => figureOf(category, server)) }))
    .filter(({ figures }) => figures.some(Boolean))
    .map(({ server, figures }) => ({ type: 'bar', name: names[server], itemStyle: { color: colours[server] }, data: figures.map((figure) => figure?.median ?? null), label: { show: true, position: 'top', fontSize: 10, formatter: ({ value }) => short(value) } }));
  draw(name, title, { xAxis: { type: 'category', data: categories.map((category) => labels[category]) }, yAxis: { type: scale, axisLabel: { formatter: short } }, series });
}

function lines(name, title, xName, all, scale = 'value') {
  const series = all.filter(({ points }) => points.length > 0)
    .map(({ name: label, colour, points }) => ({ type: 'line', name: label, symbolSize: 7, itemStyle: { color: colour }, lineStyle: { color: colour }, data: points.map(([x, figure]) => [x, figure.median]), label: { show: true, position: 'top', fontSize: 10, formatter: ({ value }) => short(value[1]) } }));
  draw(name, title, { xAxis: { type: scale, name: xName, nameLocation: 'middle', nameGap: 28, axisLabel: { formatter: short } }, yAxis: { type: 'value', axisLabel: { formatter: short } }, series });
}

function draw(name, title, option) {
  if (option.series.length === 0) return;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 400 });
  chart.setOption({
    animation: false, backgroundColor: '#fff', textStyle: { fontFamily: 'sans-serif' },
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } }, legend: { top: 36, itemGap: 34 }, grid: { left: 70, right: 30, top: 90, bottom: 50 }, ...option,
  });
  writeFileSync(`${resultsDirectory}/${name}.svg`, chart.renderToSVGString());
  chart.dispose();
}

const short = (value) => (value >= 1e6 ? `${+(value / 1e6).toPrecision(3)} M` : value >= 1e3 ? `${+(value / 1e3).toPrecision(3)} k` : `${+Number(value).toPrecision(3)}`);
