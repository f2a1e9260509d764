// Idle wss connections: wsload speaks plain ws only. Called with a URL and a count it is the client process, otherwise a module.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { residentBytes, started, withServer } from './servers.js';

const atOnce = 64;

export async function idleWss(count) {
  const keys = mkdtempSync(`${tmpdir()}/bench-tls-`);
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-keyout', `${keys}/key.pem`, '-out', `${keys}/cert.pem`], { stdio: 'ignore' });
    return await withServer('node', (server) => measure(server, count), [`Tls:Certificate=${keys}/cert.pem`, `Tls:Key=${keys}/key.pem`]);
  } finally {
    rmSync(keys, { recursive: true, force: true });
  }
}

async function measure(server, count) {
  const warmUp = await connect(server, 100);
  await warmUp.end();
  const before = residentBytes(server.pid);
  const begun = performance.now();
  const client = await connect(server, count);
  const seconds = (performance.now() - begun) / 1000;
  await delay(2_000);
  const after = residentBytes(server.pid);
  await client.end();
  return { connections: count, up: client.up, rss_per_conn_b: Math.round((after - before) / count), conn_per_s: Math.round(count / seconds), ok: client.up === count };
}

async function connect(server, count) {
  const child = started(spawn(process.execPath, [fileURLToPath(import.meta.url), server.url, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    return { up: Number(line), end() { child.stdin.end(); return exited; } };
  }
  throw new Error('the wss client ended before it was connected');
}

function maskedText(text) {
  const body = Buffer.from(text); // the mask is zero, which changes nothing
  return Buffer.concat([Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255, 0, 0, 0, 0]), body]);
}

function register(host, port, id) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, rejectUnauthorized: false }, () => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`);
      socket.write(maskedText(JSON.stringify({ type: 'register', peerId: id, deviceType: 'desktop', presence: 'none', deviceInfo: { name: 'wss', platform: 'linux', version: '1.0.0' } })));
    });
    socket.on('data', (data) => { if (data.includes('"registered"')) resolve(); });
    socket.on('error', reject);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { hostname, port } = new URL(process.argv[2]);
  const count = Number(process.argv[3]);
  let next = 0, up = 0;
  const worker = async () => { while (next < count) await register(hostname, Number(port), `wss-${next++}`).then(() => up++, () => {}); };
  await Promise.all(Array.from({ length: atOnce }, worker));
  console.log(up);
  process.stdin.resume().on('end', () => process.exit(0));
}
