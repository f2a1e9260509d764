import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(root, 'src/Signaling.Node/bin/Release/net10.0/signaling-node.dll');

/** A running node with the demo page on, and a data directory of its own. */
export class NodeProcess {
  #process;
  #ended;
  #port = 0;
  #directory;
  #settings;

  /** Where the page is. */
  demo;

  /** @param {string[]} settings such as `Auth:Mode=Jwt` */
  static async start(...settings) {
    const node = new NodeProcess();
    node.#settings = settings;
    node.#directory = await mkdtemp(join(tmpdir(), 'signaling-demo-'));
    await node.start();
    return node;
  }

  /** Starts it; after {@link kill}, at the same address and with what it had kept. */
  async start() {
    const settings = ['Demo:Enabled=true', `Store:Directory=${this.#directory}`, ...this.#settings].flatMap((setting) => ['--set', setting]);
    this.#process = spawn('dotnet', [program, '--host', '127.0.0.1', '--port', this.#port, '--health-port', '0', ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ended = new Promise((resolve) => this.#process.once('exit', resolve));
    const address = this.#demoLine();
    this.demo = await Promise.race([address, this.#ended.then((code) => Promise.reject(new Error(`the node ended with ${code}`)))]);
    this.#port = new URL(this.demo).port;
  }

  async peersOnline() {
    const answer = await fetch(new URL('/health', this.demo));
    return (await answer.json()).peers;
  }

  /** Kills it, as a crash would. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  async stop() {
    this.#process.kill('SIGTERM');
    await this.#ended;
    await rm(this.#directory, { recursive: true });
  }

  #demoLine() {
    return new Promise((resolve) => createInterface(this.#process.stdout).on('line', (line) => {
      const found = /Demo page: open (\S+) /.exec(line);
      if (found) resolve(found[1]);
    }));
  }
}
