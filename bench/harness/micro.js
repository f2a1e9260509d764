// Runs bench/micro: the node's actors without a transport, in a process that also plays their clients.
import { spawn } from 'node:child_process';
import { benchDirectory } from './paths.js';
import { started } from './servers.js';

export const scaleOf = (peers) => run('scale', peers);

/** On three nodes and a fourth that joins and leaves; a message that did not arrive makes the run unclean. */
export async function clusterScaleOf(peers) {
  const result = await run('cluster', peers);
  return { ...result, ok: result.ok && result.lost === 0 };
}

function run(command, peers) {
  const child = started(spawn(`${benchDirectory}/micro/bin/Release/net10.0/micro`, [command, '--peers', String(peers)], { stdio: ['ignore', 'pipe', 'inherit'] }));
  let out = '';
  child.stdout.on('data', (text) => (out += text));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const json = out.split('\n').findLast((line) => line.startsWith('{'));
      resolve({ ...(json && JSON.parse(json)), ok: code === 0 && json !== undefined });
    });
  });
}
