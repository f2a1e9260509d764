import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { benchDirectory, root } from './paths.js';

const run = (...command) => execFileSync(command[0], command.slice(1), { cwd: root, encoding: 'utf8' }).trim();
const versionOf = (peer, name) => JSON.parse(readFileSync(`${benchDirectory}/peers/${peer}/node_modules/${name}/package.json`, 'utf8')).version;

export function describeMachine() {
  const changed = run('git', 'status', '--porcelain', '--', 'src', 'hocon', 'bench/peers', 'bench/load', 'bench/micro', 'Directory.Build.props', 'Directory.Packages.props') !== '';
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: run('git', 'rev-parse', '--short', 'HEAD') + (changed ? ' and changes that are not committed' : ''),
    cpu: os.cpus()[0].model,
    cores: os.cpus().length,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    dotnet: run('dotnet', '--list-runtimes').split('\n').filter((line) => line.startsWith('Microsoft.NETCore.App')).at(-1).split(' ')[1],
    node: process.versions.node,
    ws: versionOf('ws-relay', 'ws'),
    peer: versionOf('peerjs', 'peer'),
  };
}
