// What strangers can do to a node with its default limits, and what others notice of it: a line of JSON for each attack.
//   node bench/hostile/main.js [slowloris] [flood] [recipients] [reader]     after `bench/run --quick`, which builds the node and wsload
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { load, loadBeside, startBeside } from '../harness/load.js';
import { residentBytes, withServer } from '../harness/servers.js';
import { Client } from './client.js';

const total = (counts) => (counts['peer-offline'] ?? 0) + (counts.error ?? 0);

const attacks = { slowloris: ['nodeAsItComes', slowloris], flood: ['nodeAsItComes', flood], recipients: ['nodeAsItComes', recipients], reader: ['node', reader] };
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(attacks);
for (const name of chosen) console.log(JSON.stringify({ attack: name, ...(await withServer(...attacks[name])) }));
process.exit(0);

/** 500 requests that send a byte a second: how long a healthy client takes to be registered meanwhile, ms. */
async function slowloris({ url, pid }) {
  const { hostname, port } = new URL(url);
  const request = `GET / HTTP/1.1\r\nHost: node\r\nX-Slow: ${'x'.repeat(200)}`;
  const sockets = Array.from({ length: 500 }, () => connect(port, hostname).on('error', () => {}));
  let sent = 0;
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(request[sent % request.length]);
    sent++;
  }, 1_000);
  const stillOpen = () => sockets.filter((socket) => !socket.closed && !socket.readableEnded).length;
  const took = [];
  let openAfter20s = 0;
  for (let i = 0; i < 80; i++) {                                     // 40 s: longer than a head may take
    const begun = performance.now();
    const client = await Client.register(url, `healthy-${i}`);
    took.push(performance.now() - begun);
    client.end();
    if (i === 40) openAfter20s = stillOpen();
    await delay(500);
  }
  clearInterval(drip);
  const open = stillOpen();
  for (const socket of sockets) socket.destroy();
  took.sort((a, b) => a - b);
  return { half_open: 500, still_open_after_20_s: openAfter20s, still_open_after_40_s: open, clients: took.length, registered_median_ms: took[took.length >> 1], registered_max_ms: took.at(-1), rss_mb: residentBytes(pid) / 1e6 };
}

/** One client sends as fast as the node reads, against its limit of 400 a second: what it costs others, who relay 4,000 a second. */
async function flood(server) {
  await load(server, 'relay', { pairs: 100, rate: 4_000, seconds: 4 });     // warm
  const { tell, result } = startBeside(server, { pairs: 100, rate: 4_000 });
  await delay(1_000);
  tell('quiet');
  await delay(8_000);
  const flooder = await Client.register(server.url, 'flooder');
  const until = performance.now() + 16_000;
  tell('meanwhile');                                                 // with the burst that it may send
  let sent = 0;
  while (performance.now() < until) {
    for (let i = 0; i < 400; i++, sent++) flooder.send({ type: 'offer', to: 'nobody', n: sent, sdp: 'x'.repeat(150) });
    do await delay(10); while (flooder.isFull && performance.now() < until); // 40,000 a second at most, 100 times the limit
  }
  tell('over');
  const answers = flooder.counts();
  flooder.destroy();
  const { quiet_p50_us, quiet_p99_us, meanwhile_p50_us, meanwhile_p99_us, lost } = await result;
  return { sent_per_s: sent / 16, answers, quiet_p50_us, quiet_p99_us, meanwhile_p50_us, meanwhile_p99_us, lost, rss_mb: residentBytes(server.pid) / 1e6 };
}

/** 100,000 recipients that never existed, by one connection: what is kept of it, what it costs, and whether others' mail is whole. */
async function recipients({ url, pid }) {
  const alice = await Client.register(url, 'alice');
  for (let n = 0; n < 50; n++) alice.send({ type: 'offer', to: 'bob', n });
  await alice.until((counts) => counts['peer-offline'] === 50);
  const before = residentBytes(pid);
  const stranger = await Client.register(url, 'stranger');
  for (let i = 0; i < 100_000; i++) {
    stranger.send({ type: 'offer', to: `nobody-${i}`, sdp: 'x'.repeat(1_000) });
    while (stranger.isFull) await delay(5);
    if (i % 1_000 === 999) await stranger.until((counts) => total(counts) >= i, 120_000);
  }
  await stranger.until((counts) => total(counts) >= 100_000, 120_000);
  const after = residentBytes(pid);
  const bob = await Client.register(url, 'bob');
  await bob.until((counts) => counts['offline-message'] === 50);
  return { answers: stranger.counts(), codes: stranger.codes, rss_before_mb: before / 1e6, rss_after_mb: after / 1e6, mail_of_others: bob.counts()['offline-message'] };
}

/** 200 MB for a client that reads nothing, by clients whose limits are lifted. */
async function reader(server) {
  await load(server, 'relay', { pairs: 100, rate: 4_000, seconds: 4 });
  const { rss_before_kb, rss_peak_kb, sent, refused, lost, beside } = await loadBeside(server, 'slow', { rate: 10_000, size: 4_096, seconds: 5, quiet: 5 }, { pairs: 100, rate: 4_000 });
  return { pushed_mb: (sent * 4_096) / 1e6, refused, lost, grown_mb: (rss_peak_kb - rss_before_kb) / 1e3, ...beside };
}
