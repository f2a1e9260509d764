// Two clients exchange many messages while the node is killed and their links are cut; in the end every message has to have come once, in order.
// npm run endurance -- --messages 10000 --kills 50 --cuts 200
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { SignalingClient } from '../src/index.js';
import { FlakyLink } from './support/flaky-link.js';
import { RunningNode } from './support/node.js';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '50' },
    cuts: { type: 'string', default: '200' },
    set: { type: 'string', multiple: true, default: [] },           // the node's settings
  },
});
const [messages, kills, cuts] = [Number(values.messages), Number(values.kills), Number(values.cuts)];
const seconds = () => Math.round((performance.now() - began) / 1000);
const began = performance.now();

// A mailbox that holds what may be sent while its peer is away: the node keeps 100 by default, and displaces what is beyond.
const node = await RunningNode.start('Mailbox:Capacity=10000', ...values.set);

class Peer {
  readonly received: number[] = [];
  readonly client: SignalingClient;
  reconnections = -1;

  constructor(
    readonly id: string,
    readonly link: FlakyLink,
  ) {
    this.client = new SignalingClient({ url: link.url, peerId: id, WebSocket, backoff: { base: 50, max: 500 }, connectTimeout: 2000, heartbeat: 500, pongTimeout: 1000 });
    this.client.on('registered', () => this.reconnections++);
    this.client.on('message', async ({ payload }) => {
      if (payload % 7 === 0) await new Promise((resolve) => setTimeout(resolve, payload % 5)); // some take longer
      this.received.push(payload);
    });
  }

  async online(): Promise<void> {
    await this.client.connect();
  }

  /** Resolves when all are settled, with how many were stored at first. */
  async send(to: string, count: number): Promise<number> {
    let stored = 0;
    const settled: Promise<unknown>[] = [];
    for (let number = 0; number < count; number++) {
      await pace(number / count);
      while (this.client.pending >= 900) await Promise.race(settled.slice(-900));
      settled.push(this.client.send(to, number).then(({ status }) => { if (status === 'stored') stored++; }));
    }
    await Promise.all(settled);
    return stored;
  }
}

/** How far the disturbances are, from 0 to 1; messages keep pace with them, so that there are some in each. */
let progress = 0;
let moved = withResolvers();
async function pace(part: number): Promise<void> {
  while (part > progress) await moved.promise;
}

function proceed(to: number): void {
  progress = to;
  moved.resolve();
  moved = withResolvers();
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  return { promise: new Promise((done) => { resolve = done; }), resolve: () => resolve() };
}

async function disturb(peers: readonly Peer[]): Promise<void> {
  const all = kills + cuts;
  for (let i = 1; i <= all; i++) {
    for (let step = 1; step < 4; step++) {
      proceed((i - 1 + step / 5) / all);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    }
    if (Math.random() < 0.8) await Promise.all(peers.map((peer) => peer.online())); // the others fall into reconnections
    proceed((i - 0.2) / all);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3)); // what was just sent is on its way, somewhere
    // Kills are spread evenly among the cuts.
    if (Math.floor((i * kills) / all) > Math.floor(((i - 1) * kills) / all)) {
      await node.kill();
      proceed(i / all);
      await node.start();
    } else {
      const { link } = peers[i % peers.length]!;
      const kind = Math.random();
      if (kind < 0.6) link.cut();
      else {
        if (kind < 0.8) link.down();
        else link.silence();
        setTimeout(() => link.restore(), Math.random() * 1500);
      }
      proceed(i / all);
    }
    if (i % 25 === 0) console.log(`${seconds()} s: ${i} of ${all} disturbances, received ${peers.map(({ received }) => received.length).join(' and ')}`);
  }
}

const peers = [new Peer('alice', await FlakyLink.open(() => node.port)), new Peer('bob', await FlakyLink.open(() => node.port))] as const;
await Promise.all(peers.map(({ client }) => client.connect()));
const [alice, bob] = peers;
const half = Math.ceil(messages / 2);
const [, stored, storedBack] = await Promise.all([disturb(peers), alice.send('bob', half), bob.send('alice', messages - half)]);

// What is settled was delivered, or is in a mailbox: it comes within the next seconds, and nothing more.
for (const { link } of peers) link.restore();
const expected = [messages - half, half];
for (let i = 0; i < 300 && peers.some(({ received }, peer) => received.length < expected[peer]!); i++) await new Promise((resolve) => setTimeout(resolve, 100));
await new Promise((resolve) => setTimeout(resolve, 1000));

let [lost, doubled, disordered] = [0, 0, 0];
for (const [peer, { received }] of peers.entries()) {
  const seen = new Set(received);
  lost += expected[peer]! - seen.size;
  doubled += received.length - seen.size;
  for (let i = 1; i < received.length; i++) if (received[i]! < received[i - 1]!) disordered++;
}
console.log(
  `${messages} messages, ${kills} node kills, ${cuts} link cuts, ${peers.reduce((sum, { reconnections }) => sum + reconnections, 0)} reconnections, ` +
    `${stored + storedBack} stored first: ${lost} lost, ${doubled} doubled, ${disordered} out of order; ${seconds()} s`,
);
for (const { client, link } of peers) {
  client.close();
  link.close();
}
await node.dispose();
process.exit(lost || doubled || disordered ? 1 : 0);
