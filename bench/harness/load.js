// Runs wsload, alone or with a relay beside it that is told when the disturbance begins and ends.
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { benchDirectory } from './paths.js';
import { started } from './servers.js';

/** As `enum Phase` of wsload. */
const phases = { between: 0, quiet: 1, meanwhile: 2, over: 3 };

let runs = 0;

const flags = (options) => Object.entries(options).flatMap(([name, value]) => (value === false ? [] : value === true ? [`--${name}`] : [`--${name}`, String(value)]));

function start(server, command, options) {
  const pids = (server.pids ?? [server.pid]).flatMap((pid) => ['--server-pid', pid]);
  const args = [command, '--url', server.url, ...pids, ...(server.alsoPort ? ['--also-port', server.alsoPort] : []), '--dialect', server.dialect, '--id-prefix', `r${++runs}-`, ...flags(options)];
  const child = started(spawn(`${benchDirectory}/load/wsload`, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] }));
  let out = '', err = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const result = new Promise((resolve) => {
    child.once('close', (code) => {
      const json = out.split('\n').findLast((line) => line.startsWith('{'));
      if (code !== 0) console.error(`${server.kind}: wsload ${command}: exit ${code}\n${err || out.split('\n')[0]}`);
      const { scenario, label, dialect, ...figures } = json ? JSON.parse(json) : {};
      resolve({ ...figures, ok: code === 0 && figures.ok === true });
    });
  });
  return { child, result };
}

export const load = (server, command, options = {}) => start(server, command, options).result;

/** An open-loop relay beside what the caller does, who tells it which phase begins: quiet, between (not measured), meanwhile, over. */
export function startBeside(server, relay) {
  const { child, result } = start(server, 'relay', { size: 200, warmup: 0, seconds: 120, phases: true, ...relay });
  return { child, result, tell: (phase) => execFileSync('/bin/kill', ['-q', String(phases[phase]), '-s', 'USR1', String(child.pid)]) };
}

/** As `load`, with an open-loop relay beside it; its latency while quiet and meanwhile is in the result, as `beside`. */
export async function loadBeside(server, command, options, relay) {
  const beside = startBeside(server, relay);
  await delay(1_000); // its connections, and its pace
  const result = await load(server, command, { ...options, tell: beside.child.pid });
  if (!result.ok) await delay(100).then(() => beside.child.kill('SIGTERM'));
  const { quiet_p99_us, quiet_p50_us, quiet_n, meanwhile_p50_us, meanwhile_p99_us, meanwhile_max_us, meanwhile_n, lost, dup, ok } = await beside.result;
  return { ...result, ok: result.ok && ok, beside: { quiet_n, quiet_p50_us, quiet_p99_us, meanwhile_n, meanwhile_p50_us, meanwhile_p99_us, meanwhile_max_us, lost, dup } };
}
