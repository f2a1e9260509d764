import type { Frame, Relayed } from './protocol.js';

/** Messages without a number of this client's kind that are remembered, by sender and id, or by `seq` and content. */
const maxSeen = 4096;
/** Streams of other clients that are remembered. */
const maxStreams = 4096;
/** How far numbers run ahead of the oldest pending one: sixteen windows of this client's. What claims more is not of its kind. */
const maxAhead = 1024;
/** What is held for messages that are missing, in messages and in UTF-16 units: no sender may fill what the node has under way to this client (1 MiB). */
const maxHeld = 256;
const maxHeldSize = 512 * 1024;
/** An acknowledgement may be about so many messages, while others wait to be handled. */
const ackEvery = 32;

/** A message of the connection that is there now, to be acknowledged. */
interface Unacknowledged {
  readonly seq: number;
  isHandled: boolean;
}

interface Task {
  readonly message: Relayed;
  readonly size: number;
  readonly from: Unacknowledged[];
}

/** What one sender sends to this client, in its numbering. */
interface Stream {
  /** All below were handed on, or will never come. */
  next: number;
  /** Those that came before their time. */
  readonly held: Map<number, Task>;
  /** Those that were given up, and may yet come. */
  readonly missing: Set<number>;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Hands on each message once, in the order of each sender, and acknowledges it when it was handled.
 *
 * Why that is so, for messages of this client's outbox: a number below the `oldestPending` of a later one has a receipt, or its sender gave it up.
 * With a receipt it was delivered here or lies in the mailbox, which hands it over first. So it never comes any more, and nothing is waited for in vain.
 * A number from `oldestPending` on is sent again until it has a receipt, so what came before it can be held for it.
 * Messages of other clients are recognised by `from` and `id`; without an `id`, by `seq` and content, as not every store's `seq` outlives the node.
 */
export class Inbox {
  readonly #streams = new Map<string, Stream>();
  readonly #seen = new Set<string>();
  #unacknowledged: Unacknowledged[] = [];
  #handling: Promise<void> = Promise.resolve();
  #waiting = 0;
  #handled = 0;
  #handledUpTo = 0;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #held = 0;
  #heldSize = 0;
  #run: unknown;
  #highest = 0;

  /**
   * @param handle Resolves when the application has handled the message. Never rejects.
   * @param acknowledge Tells the node.
   * @param patience How long, in milliseconds, a message waits for those before it.
   */
  constructor(
    readonly handle: (message: Relayed) => Promise<void>,
    readonly acknowledge: (seq: number) => void,
    readonly patience: number,
  ) {}

  /** What was not acknowledged on the connection before comes again on this one. */
  restart(run: unknown): void {
    this.#unacknowledged = [];
    this.#handled = 0;
    if (run !== this.#run) this.#highest = 0;
    this.#run = run;
  }

  /** The client has ended: nothing is waited for. */
  stop(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    for (const stream of this.#streams.values()) this.#stopWaiting(stream);
  }

  /** @param size Of its text. */
  receive(frame: Frame, size: number): void {
    const { seq, ...rest } = frame;
    const isKept = frame.type === 'offline-message';
    const original = (isKept ? frame.originalMessage : rest) as Relayed;
    const message: Relayed = isKept ? { ...original, storedAt: frame.storedAt as number } : original;
    const from: Unacknowledged[] = typeof seq === 'number' ? [{ seq, isHandled: false }] : [];
    this.#unacknowledged.push(...from);

    const [, name, digits] = /^(.+)-(\d{1,15})$/.exec(String(message.id)) ?? [];
    const oldestPending = message.oldestPending;
    const ahead = typeof oldestPending === 'number' && oldestPending >= 0 ? Number(digits) - oldestPending : NaN;
    if (ahead >= 0 && ahead < maxAhead && Number.isInteger(ahead)) this.#receiveNumbered(name!, Number(digits), ahead, { message, size, from });
    else this.#enqueue(this.#isNew(original, seq) ? message : undefined, from);
    if (typeof seq === 'number') this.#highest = Math.max(this.#highest, seq);
  }

  #receiveNumbered(name: string, number: number, ahead: number, task: Task): void {
    const stream = this.#streamOf(task.message.from, name, number - ahead);
    this.#advance(stream, number - ahead);

    if (number < stream.next) this.#enqueue(stream.missing.delete(number) ? task.message : undefined, task.from);
    else if (stream.held.has(number)) stream.held.get(number)!.from.push(...task.from);
    else {
      stream.held.set(number, task);
      this.#held++;
      this.#heldSize += task.size;
      this.#handOn(stream);
      if (this.#held > maxHeld || this.#heldSize > maxHeldSize) this.#giveUp(stream);
    }
  }

  /** What is below `oldestPending` and did not come will not come. */
  #advance(stream: Stream, oldestPending: number): void {
    if (stream.next >= oldestPending) return;
    for (const number of [...stream.held.keys()].sort((a, b) => a - b)) if (number < oldestPending) this.#release(stream, number);
    stream.next = oldestPending;
    stream.missing.clear();
  }

  #handOn(stream: Stream): void {
    const { next } = stream;
    while (this.#release(stream, stream.next)) stream.next++;
    if (stream.next > next) this.#stopWaiting(stream);
    if (stream.held.size) stream.timer ??= setTimeout(() => this.#giveUp(stream), this.patience);
  }

  #stopWaiting(stream: Stream): void {
    clearTimeout(stream.timer);
    stream.timer = undefined;
  }

  #giveUp(stream: Stream): void {
    if (!stream.held.size) return;
    for (const first = Math.min(...stream.held.keys()); stream.next < first; stream.next++) stream.missing.add(stream.next);
    this.#handOn(stream);
  }

  #release(stream: Stream, number: number): boolean {
    const task = stream.held.get(number);
    if (!task) return false;
    stream.held.delete(number);
    this.#held--;
    this.#heldSize -= task.size;
    this.#enqueue(task.message, task.from);
    return true;
  }

  #streamOf(from: string, name: string, first: number): Stream {
    const key = `${from}\n${name}`;                                   // no peer id has a line feed
    const stream = this.#streams.get(key) ?? { next: first, held: new Map(), missing: new Set() };
    this.#streams.delete(key);
    this.#streams.set(key, stream);                                 // the last one is the one used last
    if (this.#streams.size > maxStreams) {
      for (const [oldest, { held }] of this.#streams) {
        if (held.size) continue;
        this.#streams.delete(oldest);
        break;
      }
    }
    return stream;
  }

  #isNew(message: Relayed, seq: unknown): boolean {
    const isSeqNew = typeof seq !== 'number' || seq > this.#highest;
    if (message.id === undefined && typeof seq !== 'number') return true;
    const key = message.id === undefined ? `${seq} ${hash(JSON.stringify(message))}` : `${message.from}\n${JSON.stringify(message.id)}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > maxSeen) this.#seen.delete(this.#seen.values().next().value!);
    return isSeqNew;
  }

  /** @param message Undefined where it came before: then it counts as handled when that has been. */
  #enqueue(message: Relayed | undefined, from: Unacknowledged[]): void {
    this.#waiting++;
    this.#handling = this.#handling.then(async () => {
      if (message) await this.handle(message);
      this.#waiting--;
      for (const one of from) one.isHandled = true;
      this.#acknowledge();
    });
  }

  #acknowledge(): void {
    for (; this.#unacknowledged[0]?.isHandled; this.#handled++) this.#handledUpTo = this.#unacknowledged.shift()!.seq;
    if (!this.#waiting || this.#handled >= ackEvery) this.#tell();
    else this.#telling ??= setTimeout(() => this.#tell(), 0);       // the next one may take long
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    if (!this.#handled) return;
    this.#handled = 0;
    this.acknowledge(this.#handledUpTo);
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
