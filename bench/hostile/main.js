// What strangers can do to a node with its default limits, and what others notice of it: a line of JSON for each attack.
//   node bench/hostile/main.js [slowloris] [flood] [recipients] [reader]     after `bench/run --quick`, which builds the node and wsload
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { load, loadBeside, startBeside } from '../harness/load.js';
import { residentBytes, withServer } from '../harness/servers.js';
import { Client, frame } from './client.js';

/** Others, who relay 4,000 messages a second. They do not want to hear of each other: N that come cost N², which would be in the quiet seconds. */
const others = { pairs: 100, rate: 4_000, 'register-extra': ',"presence":"none"' };

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

/**
 * One client sends as fast as the node reads, 40,000 a second at most, against its limit of 400: what it costs others, who relay 4,000 a second, in the first six seconds, with
 * the burst of 4,000 that it may send (`burst`), and from the third second on (`flood`). The control makes the same
 * frames and sends none: it costs what the generator itself takes from the machine.
 */
async function flood(server) {
  await load(server, 'relay', { ...others, seconds: 8 });           // warm
  const rounds = { burst: [], flood: [], control: [] };
  let sent = 0, answers = {};
  for (let round = 0; round < 10; round++) {
    const withBurst = round % 2 === 0;
    const flooder = await Client.register(server.url, `flooder-${round}`);
    const floods = async (until) => {                                // begins with the burst that it may send
      for (sent = 0; performance.now() < until; sent += 400) {
        for (let i = 0; i < 400; i++) flooder.send(offer(round, sent + i));
        do await delay(10); while (flooder.isFull && performance.now() < until);
      }
      answers = flooder.counts();
    };
    rounds[withBurst ? 'burst' : 'flood'].push(await beside(server, floods, withBurst));
    flooder.destroy();
    if (withBurst) continue;
    const [bursts, every] = [Math.ceil(sent / 400), 6_000 / (sent / 400)];
    rounds.control.push(await beside(server, async () => {
      for (let burst = 0; burst < bursts; burst++) {
        for (let i = 0; i < 400; i++) frame(0x81, Buffer.from(JSON.stringify(offer(round, i))));
        await delay(burst < 10 ? 10 : every);                        // the burst goes at once, as the node reads it
      }
    }));
  }
  return { sent_per_s: sent / 6, answers, burst: summary(rounds.burst), flood: summary(rounds.flood), control: summary(rounds.control), rss_mb: residentBytes(server.pid) / 1e6 };
}

function offer(round, n) { return { type: 'offer', to: `nobody-${round}`, n, sdp: 'x'.repeat(150) }; }

/** Others' latency in three quiet seconds, and in six in which something else happens, which is told when they end. Its first two seconds may be left out. */
async function beside(server, happens, withStart = true) {
  const { tell, result } = startBeside(server, others);
  await delay(3_000);                                               // what the last round left behind
  tell('quiet');
  await delay(3_000);
  tell(withStart ? 'meanwhile' : 'between');
  const until = performance.now() + (withStart ? 6_000 : 8_000);
  if (!withStart) delay(2_000).then(() => tell('meanwhile'));
  await happens(until);
  await delay(until - performance.now());
  tell('over');
  return result;
}

/** Medians, and the least and the most. */
function summary(rounds) {
  const figures = (value) => {
    const sorted = rounds.map(value).sort((a, b) => a - b);
    return [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)];
  };
  return {
    quiet_p50_us: figures((round) => round.quiet_p50_us), quiet_p99_us: figures((round) => round.quiet_p99_us), meanwhile_p50_us: figures((round) => round.meanwhile_p50_us),
    meanwhile_p99_us: figures((round) => round.meanwhile_p99_us), p99_ratio: figures((round) => round.meanwhile_p99_us / round.quiet_p99_us), lost: rounds.reduce((sum, round) => sum + round.lost, 0),
  };
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

/** 200 MB for a client that reads nothing, by clients whose limits are lifted. The control reads all of them: it costs what relaying 41 MB a second costs. */
async function reader(server) {
  await load(server, 'relay', { ...others, seconds: 8 });
  const rounds = { deaf: [], control: [] };
  let last;
  for (let round = 0; round < 5; round++) {
    for (const [name, reading] of [['deaf', false], ['control', true]]) {
      const run = await loadBeside(server, 'slow', { rate: 10_000, size: 4_096, seconds: 5, quiet: 5, reading }, others);
      if (!reading) last = run;
      rounds[name].push(run.beside);
    }
  }
  const { rss_before_kb, rss_peak_kb, sent, refused, lost } = last;
  return { pushed_mb: (sent * 4_096) / 1e6, refused, lost, grown_mb: (rss_peak_kb - rss_before_kb) / 1e3, deaf: summary(rounds.deaf), control: summary(rounds.control) };
}
