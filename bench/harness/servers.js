// The servers that are measured. Each starts fresh on a free port of loopback and names it when it is ready.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { benchDirectory, root } from './paths.js';

export const names = { node: 'Signaling Node', ws: '(a) ws relay', wsTuned: '(a+) ws relay, tuned', peerjs: '(b) PeerJS server', echo: '(c) Kestrel echo', actors: 'Signaling Node, actors alone', one: 'cluster of one node', across: 'cluster of three, from one to another' };

const relay = ['node', `${benchDirectory}/peers/ws-relay/server.js`];

/** How much one client may do has a limit, which a load generator exceeds. */
const lifted = ['Mailbox:MaxOpenedPerMinute=1000000', 'Limits:MessagesPerSecond=1000000000', 'Limits:BytesPerSecond=1000000000000', 'Limits:MaxConnections=1000000', 'Limits:HandshakesInProgress=1000000', 'Limits:RecipientsPerMinute=1000000', 'Limits:QuestionsPerMinute=1000000000'];

const node = (directory, settings) => [
  `${root}/artifacts/bench/node/signaling-node`, '--host', '127.0.0.1', '--port', '0', '--health-port', '0',
  ...[`Store:Directory=${directory}`, ...settings].flatMap((setting) => ['--set', setting]),
];

const kinds = {
  ws: { command: () => relay },
  wsTuned: { command: () => [...relay, '--tuned'] },
  peerjs: { command: () => ['node', `${benchDirectory}/peers/peerjs/server.js`], dialect: 'peerjs' },
  echo: { command: () => [`${benchDirectory}/peers/kestrel-echo/bin/Release/net10.0/kestrel-echo`], dialect: 'echo' },
  node: { command: (directory, settings) => node(directory, [...lifted, ...settings]) },
  nodeAsItComes: { command: node },
};

// What was started ends with this process, also where that is told to end in the middle of a run.
const running = new Set();

export function started(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
  process.once(signal, () => {
    for (const child of running) child.kill('SIGKILL');
    process.exit(code);
  });
}

/** Runs `work` with a fresh server, and ends it whatever happens. */
export async function withServer(kind, work, settings = []) {
  const directory = mkdtempSync(`${tmpdir()}/bench-`);
  const [program, ...args] = kinds[kind].command(directory, settings);
  const child = started(spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] }));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const url = await Promise.race([readyUrl(child), exited.then((code) => { throw new Error(`${names[kind] ?? kind} ended with ${code} before it was ready`); })]);
    return await work({ kind, url, pid: child.pid, dialect: kinds[kind].dialect ?? 'chainless' });
  } finally {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(forced);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function readyUrl(child) {
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const [, url] = line.match(/ready at (ws:\S+)/) ?? line.match(/is ready.*clients at https?:\/\/([^,\s]+)/) ?? [];
    if (!url) continue;
    child.stdout.resume();
    return url.startsWith('ws:') ? url : `ws://${url}/`;
  }
  return new Promise(() => {}); // it has ended, which is told elsewhere
}

/** Runs `work` with `deploy/local-cluster`: with its first node, the others gone, and with `whole`, which starts them again, so that pairs speak between two of three. */
export async function withCluster(work) {
  const directory = mkdtempSync(`${tmpdir()}/bench-`);
  chmodSync(directory, 0o755); // PostgreSQL does not run as root
  const port = 24_100;
  const env = { ...process.env, CLUSTER_DIR: directory, CLUSTER_PORT: String(port), SIGNALING_NODE: `${root}/artifacts/bench/node/signaling-node` };
  for (const setting of lifted) {
    const [name, value] = setting.split('=');
    env[`Signaling__${name.replaceAll(':', '__')}`] = value;
  }
  const cluster = (...args) => execFileSync(`${root}/deploy/local-cluster`, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const pidOf = (name) => Number(readFileSync(`${directory}/${name}.pid`, 'utf8').split(' ')[0]);
  try {
    cluster('up');
    const url = `ws://127.0.0.1:${port + 1}/`;
    cluster('down', 'node3', 'node2');
    return await work({ kind: 'one', url, pids: [pidOf('node1')], dialect: 'chainless' }, () => {
      cluster('up');
      return { kind: 'across', url, pids: ['node1', 'node2', 'node3'].map(pidOf), alsoPort: port + 2, dialect: 'chainless' };
    });
  } finally {
    cluster('down');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Resident bytes. */
export const residentBytes = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024;
