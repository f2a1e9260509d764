// Records, from a real Chromium, the signaling messages that two WebRTC peers
// ("alice", who calls, and "bob", who answers) exchange, one JSON text per line.
// Usage: npm ci && node record.mjs        (env CHROMIUM = path of the browser)

import { createServer } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

// kinds = the m= sections expected in every offer and answer of the scenario.
const scenarios = [
  { name: 'data-channel', data: true, kinds: ['application'] },
  { name: 'audio', audio: true, kinds: ['audio'] },
  { name: 'video', video: true, kinds: ['video'] },
  { name: 'audio-video-data', audio: true, video: true, data: true, kinds: ['audio', 'video', 'application'] },
  { name: 'ice-restart', data: true, restart: true, kinds: ['application'] },
];

// Runs inside the page. Returns the messages in the order they were produced.
async function runScenario({ audio, video, data, restart }) {
  const messages = [];
  const deadline = (promise, what) =>
    Promise.race([
      promise,
      new Promise((_, reject) => setTimeout(() => reject(new Error(`timed out: ${what}`)), 20_000)),
    ]);

  const makePeer = (remoteName) => {
    const pc = new RTCPeerConnection();
    const peer = { pc, remoteName, batch: [], other: null, waiting: [] };
    pc.onicecandidate = ({ candidate }) => {
      const json = candidate === null ? null : candidate.toJSON();
      messages.push({ type: 'ice-candidate', to: remoteName, candidate: json });
      if (json !== null) {
        peer.batch.push(json);
        peer.deliver(json);
      } else if (peer.batch.length > 0) {
        messages.push({ type: 'ice-candidates', to: remoteName, candidates: peer.batch });
        peer.batch = [];
      }
    };
    // The receiving side may not have the remote description yet: hold back till it has.
    peer.deliver = (json) => {
      if (peer.other.pc.remoteDescription === null || peer.held) peer.waiting.push(json);
      else peer.failures.push(peer.other.pc.addIceCandidate(json));
    };
    peer.failures = [];
    peer.release = () => {
      peer.held = false;
      for (const json of peer.waiting.splice(0)) peer.failures.push(peer.other.pc.addIceCandidate(json));
    };
    return peer;
  };

  const alice = makePeer('bob');
  const bob = makePeer('alice');
  alice.other = bob;
  bob.other = alice;

  const until = (pc, event, done, what) =>
    deadline(
      new Promise((resolve) => {
        const check = () => done() && resolve();
        pc.addEventListener(event, check);
        check();
      }),
      what,
    );
  const gathered = (p) => until(p.pc, 'icegatheringstatechange', () => p.pc.iceGatheringState === 'complete', 'gathering');
  const connected = (p) => until(p.pc, 'connectionstatechange', () => p.pc.connectionState === 'connected', 'connecting');

  const negotiate = async (extra) => {
    alice.held = bob.held = true;
    const offer = await alice.pc.createOffer(extra.iceRestart ? { iceRestart: true } : undefined);
    messages.push({ type: 'offer', to: 'bob', offer: { type: offer.type, sdp: offer.sdp }, ...extra });
    await alice.pc.setLocalDescription(offer);
    await bob.pc.setRemoteDescription(offer);
    alice.release();
    const answer = await bob.pc.createAnswer();
    messages.push({ type: 'answer', to: 'alice', answer: { type: answer.type, sdp: answer.sdp } });
    await bob.pc.setLocalDescription(answer);
    await alice.pc.setRemoteDescription(answer);
    bob.release();
    await Promise.all([connected(alice), connected(bob), gathered(alice), gathered(bob)]);
    await new Promise((resolve) => setTimeout(resolve, 300)); // let the last candidate events run
    await Promise.all([...alice.failures, ...bob.failures]);
  };

  const streams = [];
  if (audio || video) {
    for (const peer of [alice, bob]) {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: !!audio, video: !!video });
      streams.push(stream);
      for (const track of stream.getTracks()) peer.pc.addTrack(track, stream);
    }
  }
  let echoed;
  const pings = [];
  if (data) {
    bob.pc.ondatachannel = ({ channel }) => {
      channel.onmessage = (event) => channel.send(event.data);
    };
    const channel = alice.pc.createDataChannel('messaging', { ordered: true });
    echoed = async (text) => {
      await deadline(
        new Promise((resolve) => {
          channel.onmessage = (event) => event.data === text && resolve();
          if (channel.readyState === 'open') channel.send(text);
          else channel.onopen = () => channel.send(text);
        }),
        'data channel echo',
      );
      pings.push(text);
    };
  }

  await negotiate({});
  if (data) await echoed('first');
  const ufrag = (pc) => /a=ice-ufrag:(\S+)/.exec(pc.localDescription.sdp)[1];
  const before = ufrag(alice.pc);
  if (restart) {
    await negotiate({ iceRestart: true });
    await echoed('after restart');
    if (ufrag(alice.pc) === before) throw new Error('the ICE restart kept the old ufrag');
  }

  // Media really flows: bytes arrive on every expected stream of both sides.
  const wanted = [audio && 'audio', video && 'video'].filter(Boolean);
  const receiving = async (pc) => {
    const kinds = new Set();
    for (const stat of (await pc.getStats()).values())
      if (stat.type === 'inbound-rtp' && stat.bytesReceived > 0) kinds.add(stat.kind);
    return wanted.every((kind) => kinds.has(kind));
  };
  for (let i = 0; wanted.length > 0; i++) {
    if ((await receiving(alice.pc)) && (await receiving(bob.pc))) break;
    if (i === 100) throw new Error('no media received');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  const states = [alice.pc.connectionState, bob.pc.connectionState];
  alice.pc.close();
  bob.pc.close();
  for (const stream of streams) for (const track of stream.getTracks()) track.stop();
  return { messages, states, echoes: pings.length };
}

// Addresses other than loopback/unspecified become documentation addresses (RFC 5737, RFC 3849).
const rewritten = new Map();
function safeAddress(token) {
  const version = isIP(token);
  if (version === 0 || ['127.0.0.1', '0.0.0.0', '::1', '::'].includes(token)) return token;
  if (!rewritten.has(token)) {
    const n = 10 + rewritten.size;
    rewritten.set(token, version === 4 ? `192.0.2.${n}` : `2001:db8::${n}`);
  }
  return rewritten.get(token);
}
// Split on separators of SDP and candidate lines; an address is always a whole token there.
const safeText = (text) => text.split(/([ \r\n])/).map(safeAddress).join('');
function safe(value) {
  if (typeof value === 'string') return safeText(value);
  if (Array.isArray(value)) return value.map(safe);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, safe(inner)]));
  return value;
}

function verify({ name, kinds, restart }, { messages, states }) {
  const fail = (why) => {
    throw new Error(`${name}: ${why}`);
  };
  if (states.some((state) => state !== 'connected')) fail(`not connected: ${states}`);
  const rounds = restart ? 2 : 1;
  for (const type of ['offer', 'answer']) {
    const found = messages.filter((message) => message.type === type);
    if (found.length !== rounds) fail(`${found.length} x ${type}`);
    for (const message of found) {
      const lines = [...message[type].sdp.matchAll(/^m=(\w+) /gm)].map((match) => match[1]);
      if (lines.join() !== kinds.join()) fail(`${type} has m= lines ${lines}`);
    }
  }
  for (const to of ['alice', 'bob']) {
    const mine = messages.filter((message) => message.to === to);
    const single = mine.filter((m) => m.type === 'ice-candidate' && m.candidate !== null).length;
    const batches = mine.filter((m) => m.type === 'ice-candidates');
    if (single === 0) fail(`no candidate for ${to}`);
    if (batches.length !== rounds) fail(`${batches.length} batches for ${to}`);
    if (batches.reduce((sum, m) => sum + m.candidates.length, 0) !== single) fail(`batch of ${to} is not complete`);
  }
}

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end('<!doctype html><title>recording</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const context = await chromium.launchPersistentContext('', {
  executablePath,
  headless: true,
  args: [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--allow-loopback-in-peer-connection',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  ],
});
try {
  console.log(`Chromium ${context.browser()?.version() ?? 'unknown'}`);
  for (const scenario of scenarios) {
    const page = await context.newPage(); // a fresh page each: no state carries over
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const { messages: raw, ...result } = await page.evaluate(runScenario, scenario);
    const messages = safe(raw);
    verify(scenario, { messages, ...result });
    const file = `chromium-${scenario.name}.jsonl`;
    await writeFile(join(here, file), messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
    console.log(`${file}: ${messages.length} messages, ${result.states.join('/')}, ${result.echoes} echoes`);
    await page.close();
  }
} finally {
  await context.close();
  await new Promise((resolve) => server.close(resolve));
}
console.log(`${rewritten.size} address(es) rewritten`);
