import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = process.env.SIGNALING_NODE ?? fileURLToPath(new URL('../../../../src/Signaling.Node/bin/Release/net10.0/signaling-node.dll', import.meta.url));

/** The real node, as a process of its own with a directory of its own. It may be killed, and started again at the same port with the same data. */
export class RunningNode {
  #process: ChildProcess | undefined;
  #port = 0;

  /** No node outlives a test that fails. */
  readonly #endWithTest = () => void this.#process?.kill('SIGKILL');

  private constructor(
    readonly directory: string,
    readonly settings: readonly string[],
  ) {}

  /** @param settings Such as `Mailbox:Capacity=500`. */
  static async start(...settings: string[]): Promise<RunningNode> {
    const directory = await mkdtemp(join(tmpdir(), 'signaling-client-test-'));
    const node = new RunningNode(directory, settings);
    process.once('exit', node.#endWithTest);
    try {
      await node.start();
    } catch (error) {
      await node.dispose();
      throw error;
    }
    return node;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  async start(): Promise<void> {
    const settings = [`Store:Directory=${this.directory}`, ...this.settings].flatMap((setting) => ['--set', setting]);
    const started = spawn('dotnet', [program, '--host', '127.0.0.1', '--port', String(this.#port), '--health-port', '0', ...settings], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = started;
    const lines: string[] = [];
    started.stderr.on('data', (data) => lines.push(String(data)));
    const output = createInterface(started.stdout);
    this.#port = await new Promise<number>((resolve, reject) => {
      output.on('line', (line) => {
        lines.push(line);
        const ready = /clients at \S*?:(\d+)/.exec(line);
        if (ready) resolve(Number(ready[1]));
      });
      started.once('exit', (code, signal) => reject(new Error(`The node ended (${code ?? signal}):\n${lines.join('\n')}`)));
    });
    lines.length = 0;
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Kills it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill();
    process.off('exit', this.#endWithTest);
    await rm(this.directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await ended;
  }
}
