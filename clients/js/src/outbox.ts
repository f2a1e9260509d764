import { MessageTooLargeError, OutboxFullError, RefusedError } from './errors.js';
import type { Frame, Receipt } from './protocol.js';

/** How far a recipient's numbers may run ahead of the oldest without a receipt. The node remembers the ids of the last 256 it delivered: this has to fit in. */
const windowMessages = 64;
/** What may be under way to one recipient, in UTF-16 units. The node has at most 1 MiB under way to a recipient that does not acknowledge. */
const windowSize = 256 * 1024;
/** Recipients whose numbering is kept while nothing is under way to them. */
const maxIdleStreams = 1000;

/** How much of the node's rate limit messages may take, once it was met; the rest is for what else is sent. */
const paceShare = 0.8;
/** Milliseconds between the messages that are sent at a pace, at least: as many at a time as there may be in that time. */
const paceInterval = 50;

/** Answers after which the message is sent again. */
const retryable = new Set(['rate-limited', 'recipient-busy', 'mailbox-quota', 'store-unavailable', 'auth-unavailable', 'not-registered']);

/** The messages to one recipient, numbered without gaps from 0 in the order in which they are sent first. */
interface Stream {
  readonly name: string;
  next: number;
  /** Numbered and not yet settled, in order. */
  readonly pending: Item[];
  inFlightSize: number;
  pausedUntil: number;
}

interface Item {
  readonly to: string;
  /** The JSON object without its closing brace. */
  readonly head: string;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
  stream?: Stream;
  number: number;
  attempts: number;
  isInFlight: boolean;
}

export interface OutboxLimits {
  readonly messages: number;
  /** In UTF-16 units. */
  readonly size: number;
}

/**
 * What is to be sent, in order, until its receipt. No I/O.
 *
 * A message is `<stream>-<number>`, the numbers of a stream being those of one recipient. It says from which number on its sender still waits for
 * receipts (`oldestPending`): a recipient that misses one below will never get it, one that misses one from there on has to wait for it.
 */
export class Outbox {
  readonly #session = randomName();
  readonly #items = new Set<Item>();
  readonly #inFlight = new Map<string, Item>();
  readonly #streams = new Map<string, Stream>();
  #streamCount = 0;
  #size = 0;
  #pausedUntil = 0;
  #maxMessageBytes = Infinity;
  #messagesPerSecond = Infinity;
  /** The rate limit was met: to send all that was refused at once would only meet it again, and the node reads the more slowly. */
  #isPaced = false;

  constructor(readonly limits: OutboxLimits) {}

  get length(): number {
    return this.#items.size;
  }

  add(message: Frame & { to: string }, signal?: AbortSignal): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const head = JSON.stringify(message).slice(0, -1);
      if (this.#items.size >= this.limits.messages || this.#size + head.length > this.limits.size) throw new OutboxFullError();
      const abort = () => {
        this.#remove(item);
        reject(signal?.reason);
      };
      const item: Item = {
        to: message.to,
        head,
        resolve: (receipt) => {
          signal?.removeEventListener('abort', abort);
          resolve(receipt);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
        number: -1,
        attempts: 0,
        isInFlight: false,
      };
      signal?.addEventListener('abort', abort);
      this.#items.add(item);
      this.#size += head.length;
    });
  }

  /** A new connection: everything without a receipt is sent again, in order. */
  restart(limits?: { readonly maxMessageBytes: number; readonly messagesPerSecond: number }): void {
    this.#maxMessageBytes = limits?.maxMessageBytes ?? Infinity;
    this.#messagesPerSecond = limits?.messagesPerSecond ?? Infinity;
    this.#isPaced = false;
    this.#pausedUntil = 0;
    this.#inFlight.clear();
    for (const item of this.#items) item.isInFlight = false;
    for (const stream of this.#streams.values()) stream.inFlightSize = stream.pausedUntil = 0;
  }

  /** The texts that may be sent now. */
  *due(now: number): Generator<string> {
    if (now < this.#pausedUntil) return;
    const pace = this.#messagesPerSecond * paceShare / 1000;
    const interval = Math.max(paceInterval, 1 / pace);
    let left = this.#isPaced ? Math.floor(pace * interval) : Infinity;
    const blocked = new Set<Stream>();                              // no later message overtakes one that has to wait
    for (const item of this.#items) {
      if (item.isInFlight) continue;
      const stream = (item.stream ??= this.#streamTo(item.to));
      if (now < stream.pausedUntil || blocked.has(stream)) continue;
      if (item.number < 0) {
        const ahead = stream.next - (stream.pending[0]?.number ?? stream.next);
        if (ahead >= windowMessages || (stream.inFlightSize && stream.inFlightSize + item.head.length > windowSize)) {
          blocked.add(stream);
          continue;
        }
        item.number = stream.next++;
        stream.pending.push(item);
      }
      const id = `${stream.name}-${item.number}`;
      const text = `${item.head},"id":"${id}","receipt":true,"oldestPending":${stream.pending[0]!.number}}`;
      if (text.length * 3 > this.#maxMessageBytes) {
        const bytes = new TextEncoder().encode(text).length;
        if (bytes > this.#maxMessageBytes) {
          this.#remove(item);
          item.reject(new MessageTooLargeError(bytes, this.#maxMessageBytes));
          continue;
        }
      }
      if (left-- < 1) {
        this.#pausedUntil = now + interval;
        return;
      }
      item.isInFlight = true;
      stream.inFlightSize += item.head.length;
      this.#inFlight.set(id, item);
      yield text;
    }
  }

  /** In how many milliseconds something that waits may be sent; undefined where nothing waits for a time. */
  wait(now: number): number | undefined {
    let first = Infinity;
    for (const item of this.#items) {
      const until = item.isInFlight ? 0 : Math.max(this.#pausedUntil, item.stream?.pausedUntil ?? 0);
      if (until > now) first = Math.min(first, until);
    }
    return first < Infinity ? first - now : undefined;
  }

  settle(receipt: Receipt): void {
    const item = this.#inFlight.get(receipt.id);
    if (!item) return;
    this.#remove(item);
    item.resolve({ id: receipt.id, to: receipt.to, status: receipt.status });
  }

  /** @returns Whether the error is about a message of this outbox. */
  fail(id: string, error: RefusedError, now: number): boolean {
    const item = this.#inFlight.get(id);
    if (!item) return false;
    if (!retryable.has(error.code)) {
      this.#remove(item);
      item.reject(error);
      return true;
    }
    const until = now + (error.retryAfterMs ?? Math.min(10_000, 100 * 2 ** item.attempts++) * (0.5 + Math.random() / 2));
    const stream = item.stream!;
    if (error.code === 'rate-limited') {
      this.#pausedUntil = Math.max(this.#pausedUntil, until);
      this.#isPaced = true;
    } else stream.pausedUntil = Math.max(stream.pausedUntil, until);
    this.#ground(item);
    return true;
  }

  rejectAll(error: unknown): void {
    for (const item of this.#items) {
      this.#remove(item);
      item.reject(error);
    }
  }

  #ground(item: Item): void {
    if (!item.isInFlight) return;
    item.isInFlight = false;
    item.stream!.inFlightSize -= item.head.length;
    this.#inFlight.delete(`${item.stream!.name}-${item.number}`);
  }

  #remove(item: Item): void {
    if (!this.#items.delete(item)) return;
    this.#size -= item.head.length;
    if (!this.#items.size) this.#isPaced = false;
    this.#ground(item);
    const at = item.stream?.pending.indexOf(item) ?? -1;
    if (at >= 0) item.stream!.pending.splice(at, 1);
  }

  #streamTo(to: string): Stream {
    let stream = this.#streams.get(to);
    if (!stream) {
      if (this.#streams.size >= maxIdleStreams) this.#forgetIdle();
      stream = { name: `${this.#session}.${(this.#streamCount++).toString(36)}`, next: 0, pending: [], inFlightSize: 0, pausedUntil: 0 };
      this.#streams.set(to, stream);
    }
    return stream;
  }

  #forgetIdle(): void {
    const busy = new Set([...this.#items].map((item) => item.to));
    for (const to of this.#streams.keys()) if (!busy.has(to)) this.#streams.delete(to);
  }
}

/** Where pages are not served over TLS there is no randomUUID. */
function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('');
}
