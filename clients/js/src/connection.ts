import { RefusedError } from './errors.js';
import type { KeyPair, PeerKey } from './proof.js';
import { prove } from './proof.js';
import type { Frame, Registered } from './protocol.js';

/** What this client needs of a WebSocket: browsers, workers, Node from 22 on and the package `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Of `ws`: ends without a closing handshake. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface ConnectionOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  /** The members of `register`, but for token and proof. */
  readonly register: Frame & { peerId: string };
  readonly token?: string | (() => string | Promise<string>) | undefined;
  readonly key?: PeerKey | KeyPair | undefined;
  readonly audience: string;
  /** Milliseconds until it has to be registered. */
  readonly connectTimeout: number;
  /** Milliseconds of silence after which the node is asked for a sign of life; undefined: as often as the node pings. */
  readonly heartbeat: number | undefined;
  /** Milliseconds that it may take to give one. */
  readonly pongTimeout: number;
}

/** How a connection ended. */
export interface End {
  /** Of the WebSocket; 1006 where there was none. */
  readonly code: number;
  readonly reason: string;
  /** Why it could not register, or why it was given up. */
  readonly error?: unknown;
  /** What the node complained of last. */
  readonly complaint?: RefusedError | undefined;
  /** A registration was sent, and not answered: it may yet reach the node. */
  readonly isUnanswered?: boolean;
}

export interface ConnectionEvents {
  registered(frame: Registered): void;
  received(frame: Frame, size: number): void;
  /** Called once. */
  ended(end: End): void;
}

/** The longest time a timer takes (2^31 - 1 ms): beyond, it would be over at once. */
const longestTimer = 0x7fffffff;

/** One WebSocket: registers, notices when the other side is gone, ends once. */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #isRegistered = false;
  #isUnanswered = false;
  #isOver = false;
  #complaint: RefusedError | undefined;
  #heartbeat: number;
  /** Until the registration, for the heartbeat, for the answer to it. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #isAsked = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#heartbeat = options.heartbeat ?? 25_000;
    this.#socket = new options.WebSocket(options.url);
    this.#socket.onopen = () => void this.#identify();
    this.#socket.onmessage = ({ data }) => this.#receive(String(data));
    this.#socket.onclose = ({ code, reason }) => this.#end({ code, reason: String(reason) });
    this.#socket.onerror = () => {};                                // a close follows
    this.#timer = setTimeout(() => this.abort('No registration in time'), options.connectTimeout);
  }

  send(frame: Frame | string): void {
    if (!this.#isOver && this.#socket.readyState === 1) this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Asks for a sign of life, where that is not being done. */
  probe(): void {
    if (!this.#isRegistered || this.#isAsked) return;
    this.#isAsked = true;
    this.send({ type: 'ping' });
    this.#after(this.#options.pongTimeout, () => this.abort('The node gives no sign of life'));
  }

  /** Ends at once: the closing handshake of a dead link takes long. */
  abort(reason: string, error?: unknown): void {
    this.#end({ code: 1006, reason, error });
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
  }

  /** Ends without telling. */
  close(): void {
    this.#isOver = true;
    this.#clear();
    this.#socket.close(1000);
  }

  async #identify(): Promise<void> {
    if (this.#options.key) this.send({ type: 'get-challenge' });
    else await this.#register({});
  }

  async #register(credentials: object): Promise<void> {
    try {
      const { token } = this.#options;
      const given = typeof token === 'function' ? await token() : token;
      this.#isUnanswered = !this.#isRegistered;
      this.send({ ...this.#options.register, id: 'register', ...(given !== undefined && { token: given }), ...credentials });
    } catch (error) {
      this.abort('No token', error);
    }
  }

  async #prove(nonce: string): Promise<void> {
    const { key, audience, register } = this.#options;
    try {
      await this.#register({ proof: await prove(key!, audience, nonce, register.peerId) });
    } catch (error) {
      this.abort('No proof', error);
    }
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    this.#listen();
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch (error) {
      this.abort('What answers is no signaling node', error);
      return;
    }
    switch (frame.type) {
      case 'pong':
        return;
      case 'challenge':
        void this.#prove(frame.nonce as string);
        return;
      case 'registered':
        this.#registered(frame as unknown as Registered);
        return;
      case 'error':
        if (frame.from === undefined) this.#complaint = new RefusedError(frame.code as string, frame.error as string, frame.retryAfterMs as number | undefined);
        if (this.#complaint && frame.id === 'register') {
          this.#isUnanswered = false;
          if (!this.#isRegistered) this.abort(this.#complaint.message, this.#complaint);
          return;                                                   // a renewal that was refused: its registration ends when it expires
        }
    }
    this.#events.received(frame, text.length);
  }

  #registered(frame: Registered): void {
    const isFirst = !this.#isRegistered;
    this.#isRegistered = true;
    this.#isUnanswered = false;
    this.#heartbeat = this.#options.heartbeat ?? (frame.heartbeatSeconds ?? 25) * 1000;
    this.#listen();
    if (frame.expiresAt !== undefined && typeof this.#options.token === 'function') {
      const renewIn = Math.max((frame.expiresAt - frame.serverTime) * 0.8, 1000);
      clearTimeout(this.#renewal);
      this.#renewal = setTimeout(() => void this.#register({}), Math.min(renewIn, longestTimer));
    }
    if (isFirst) this.#events.registered(frame);
  }

  /** There was a sign of life. */
  #listen(): void {
    if (!this.#isRegistered) return;
    this.#isAsked = false;
    this.#after(this.#heartbeat, () => this.probe());
  }

  #after(delay: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, delay);
  }

  #end(end: End): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clear();
    this.#events.ended({ ...end, complaint: this.#complaint, isUnanswered: this.#isUnanswered });
  }

  #clear(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
  }
}
