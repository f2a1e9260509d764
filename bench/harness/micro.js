// Runs bench/micro: the node's actors without a transport, in a process that also plays their clients.
import { spawn } from 'node:child_process';
import { benchDirectory } from './paths.js';
import { started } from './servers.js';

export function scaleOf(peers) {
  const child = started(spawn(`${benchDirectory}/micro/bin/Release/net10.0/micro`, ['scale', '--peers', String(peers)], { stdio: ['ignore', 'pipe', 'inherit'] }));
  let out = '';
  child.stdout.on('data', (text) => (out += text));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const json = out.split('\n').findLast((line) => line.startsWith('{'));
      resolve({ ...(json && JSON.parse(json)), ok: code === 0 && json !== undefined });
    });
  });
}
