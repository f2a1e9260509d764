import { Backoff } from './backoff.js';
import type { End, WebSocketConstructor } from './connection.js';
import { Connection } from './connection.js';
import { ClosedError, ConnectionLostError, RefusedError, ReplacedError, UnauthorizedError } from './errors.js';
import { Emitter } from './events.js';
import { Inbox } from './inbox.js';
import { Outbox } from './outbox.js';
import type { KeyPair, PeerKey } from './proof.js';
import type {
  Answer, Candidate, Candidates, Frame, GoAway, IceCandidate, IceServers, Message, Offer, Peer, PeerStatus, PresenceScope, Receipt, Registered, Relayed, RelayedType,
} from './protocol.js';
import { Questions } from './questions.js';

export interface ClientOptions {
  /** Of the node: `wss://signal.example.org/`. */
  readonly url: string;
  /** The id to register. */
  readonly peerId: string;
  readonly deviceType?: string;
  readonly deviceInfo?: unknown;
  /** Of whom to be told that they come and go. Default: as the node does without. */
  readonly presence?: PresenceScope;
  /** Shown at each registration. A function is called each time; it is also asked anew before the token expires. */
  readonly token?: string | (() => string | Promise<string>);
  /** Proves the peer id, where ids are bound to keys. */
  readonly key?: PeerKey | KeyPair;
  /** The server's name in the proof. Default: the host of `url`. */
  readonly audience?: string;
  /** Default: the global one. Node has one from version 22 on; before, pass that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** Milliseconds: up to `base`, doubled after each failure, is waited before reconnecting, at most `max`. Default 500 and 30,000. */
  readonly backoff?: { readonly base?: number; readonly max?: number };
  /** Milliseconds until a connection has to be registered. Default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds of silence after which the node is pinged. Default: as often as it pings. */
  readonly heartbeat?: number;
  /** Milliseconds that its answer may take before the link counts as dead. Default 10,000. */
  readonly pongTimeout?: number;
  /** What may wait to be sent, or for a receipt: messages, and UTF-16 units. Default 1,000 and 16 Mi. */
  readonly outbox?: { readonly messages?: number; readonly size?: number };
  /** Milliseconds that a message waits for one of its sender's that is missing before it. Default 60,000. */
  readonly orderPatience?: number;
}

/** `idle`: `connect` was not called. `waiting`: for the next attempt. `closed`: for good, until `connect` is called again. */
export type State = 'idle' | 'connecting' | 'online' | 'waiting' | 'closed';

export interface StateChange {
  readonly state: State;
  /** Why the connection ended. */
  readonly error?: Error;
  /** When the next attempt is. Undefined while the device is offline. */
  readonly retryInMs?: number;
}

/** The events of a client, by type. A message is acknowledged when its listeners have returned and the promises they returned are resolved. */
export interface ClientEvents {
  message: Message<any>;
  offer: Offer;
  answer: Answer;
  'ice-candidate': Candidate;
  'ice-candidates': Candidates;
  'pairing:request': Relayed;
  'pairing:confirmation': Relayed;
  'pairing:reject': Relayed;
  /** A message of type `error` from a peer. */
  'peer-error': Relayed;
  'peer-status': PeerStatus;
  registered: Registered;
  state: StateChange;
  goaway: GoAway;
  /** What belongs to no call: an error of the node, an exception of a listener. Without a listener it goes to the console. */
  error: unknown;
}

/** The events that are messages of peers. */
export type PeerEvent = 'peer-error' | Exclude<RelayedType, 'error'>;

export interface CallOptions {
  /** Gives up. A message that is under way already may still arrive. */
  readonly signal?: AbortSignal;
}

/** A connection that was online for so long is not blamed for the ones that failed before it. */
const stableAfter = 5_000;

/** How long after its connection ended a registration may still reach the node, and replace the next connection's. */
const lateRegistration = 30_000;

/** Answers to a `register` after which another attempt makes sense. */
const temporary = new Set(['rate-limited', 'auth-unavailable', 'store-unavailable', 'recipient-busy']);

/** A peer at a signaling node. It stays registered, over lost connections and restarts of the node, until `close`. */
export class SignalingClient {
  readonly #options: ClientOptions;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #questions = new Questions((frame) => this.#connection?.send(frame));
  readonly #backoff: Backoff;
  readonly #watched = new Set<string>();
  #connection: Connection | undefined;
  #state: State = 'idle';
  #registered: Registered | undefined;
  #connecting: PromiseWithResolvers<Registered> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #resend: ReturnType<typeof setTimeout> | undefined;
  #stable: ReturnType<typeof setTimeout> | undefined;
  #goAway: GoAway | undefined;
  /** When registrations that were not answered were given up. */
  #unanswered: number[] = [];
  #acknowledged: { connection: Connection | undefined; seq: number } | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff?.base ?? 500, options.backoff?.max ?? 30_000);
    this.#outbox = new Outbox({ messages: options.outbox?.messages ?? 1000, size: options.outbox?.size ?? 16 * 1024 * 1024 });
    this.#inbox = new Inbox((message) => this.#handle(message), (seq) => this.#acknowledge(seq), options.orderPatience ?? 60_000);
  }

  get peerId(): string {
    return this.#options.peerId;
  }

  get state(): State {
    return this.#state;
  }

  /** The node's answer to the last registration: its limits and features. */
  get registered(): Registered | undefined {
    return this.#registered;
  }

  /** Messages that are not delivered and not stored yet. */
  get pending(): number {
    return this.#outbox.length;
  }

  /**
   * Connects and stays connected. Add listeners before: what waits in the mailbox comes at once.
   * @returns When registered for the first time. Until then failed attempts are repeated, without end: pass `AbortSignal.timeout(…)` to give up.
   */
  connect(options: CallOptions = {}): Promise<Registered> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#state === 'online') return Promise.resolve(this.#registered!);
    const { promise } = (this.#connecting ??= withResolvers<Registered>());
    if (this.#state === 'idle' || this.#state === 'closed') {
      this.#listenToDevice();
      this.#open();
    }
    const abort = () => this.#close(signal!.reason);
    signal?.addEventListener('abort', abort);
    const connected = promise.finally(() => signal?.removeEventListener('abort', abort));
    connected.catch(() => {});                                      // `state` events tell it, too
    return connected;
  }

  /** Ends. What is not settled is rejected with a `ClosedError`. */
  close(): void {
    this.#close(new ClosedError());
  }

  /** Does not wait for the next attempt. Where the client seems to be online, it makes sure of that. */
  reconnectNow(): void {
    if (this.#state === 'waiting') this.#open();
    else this.#connection?.probe();
  }

  /** @returns What takes the listener away. */
  on<K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents[K]) => unknown, options: CallOptions = {}): () => void {
    return this.#emitter.on(type, listener, options);
  }

  /** Messages of one type, from now on, one after the other: each is acknowledged when the next one is asked for. Ends with the `signal`, or a `break`. */
  messages<K extends PeerEvent = 'message'>(type: K = 'message' as K, options: CallOptions = {}): AsyncGenerator<ClientEvents[K], void> {
    const { signal } = options;
    const waiting: { event: ClientEvents[K]; handled: () => void }[] = [];
    let isOver = false;
    let wake = () => {};
    const off = this.on(type, (event) => new Promise<void>((handled) => {
      waiting.push({ event, handled });
      wake();
    }));
    const end = () => {
      isOver = true;
      off();
      for (const { handled } of waiting) handled();
      signal?.removeEventListener('abort', end);
      wake();
    };
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end);
    return (async function* () {
      try {
        while (!isOver) {
          const next = waiting[0];
          if (next) {
            yield next.event;
            next.handled();
            waiting.shift();
          } else await new Promise<void>((resolve) => { wake = resolve; });
        }
      } finally {
        end();
      }
    })();
  }

  /** Sends a `message`. @returns What became of it: when the recipient handled it, or the node stored it. */
  send(to: string, payload: unknown, options?: CallOptions): Promise<Receipt> {
    return this.relay(to, 'message', { payload }, options);
  }

  offer(to: string, sdp: string, options?: CallOptions): Promise<Receipt> {
    return this.relay(to, 'offer', { sdp }, options);
  }

  answer(to: string, sdp: string, options?: CallOptions): Promise<Receipt> {
    return this.relay(to, 'answer', { sdp }, options);
  }

  /** One candidate, or several in one message. `null`: there are no more. */
  candidate(to: string, candidate: IceCandidate | null | readonly IceCandidate[], options?: CallOptions): Promise<Receipt> {
    return Array.isArray(candidate) ? this.relay(to, 'ice-candidates', { candidates: candidate }, options) : this.relay(to, 'ice-candidate', { candidate }, options);
  }

  /** Sends any message for peers. The members `type`, `to`, `from`, `id`, `receipt` and `oldestPending` are this client's. */
  relay(to: string, type: RelayedType, members: Record<string, unknown> = {}, options: CallOptions = {}): Promise<Receipt> {
    if (this.#state === 'closed') return Promise.reject(new ClosedError());
    const sent = this.#outbox.add({ ...members, type, to }, options.signal);
    sent.catch(() => {});                                           // who does not look at the result does not want its process to end for it
    this.#pump();
    return sent;
  }

  /** Who is online, this client left out. */
  async peers(options: CallOptions & { deviceType?: string } = {}): Promise<Peer[]> {
    const all: Peer[] = [];
    for await (const page of this.peerPages(options)) all.push(...page);
    return all;
  }

  /** The same, in pages of at most `limit`. */
  async *peerPages(options: CallOptions & { deviceType?: string; limit?: number } = {}): AsyncGenerator<Peer[]> {
    const { signal, deviceType, limit = 1000 } = options;
    let after: string | undefined;
    do {
      const page: Frame = await this.#ask({ type: 'get-peers', limit, ...(deviceType !== undefined && { deviceType }), ...(after !== undefined && { after }) }, 'peers-list', signal);
      yield page.peers as Peer[];
      after = page.next as string | undefined;
    } while (after !== undefined);
  }

  /** Is this peer online? */
  async peerStatus(peerId: string, options: CallOptions = {}): Promise<PeerStatus> {
    return (await this.#ask({ type: 'peer-status', peerId }, 'peer-status-response', options.signal)) as unknown as PeerStatus;
  }

  /** STUN and TURN servers, for `RTCPeerConnection`. */
  async iceServers(options: CallOptions = {}): Promise<IceServers> {
    return (await this.#ask({ type: 'get-ice-servers' }, 'ice-servers', options.signal)) as unknown as IceServers;
  }

  /** `peer-status` events for these peers: how they are now, and each change, also over reconnections. */
  watch(...peerIds: string[]): void {
    for (const id of peerIds) this.#watched.add(id);
    if (this.#state === 'online') this.#connection!.send({ type: 'watch', peers: peerIds });
  }

  unwatch(...peerIds: string[]): void {
    for (const id of peerIds) this.#watched.delete(id);
    if (this.#state === 'online') this.#connection!.send({ type: 'unwatch', peers: peerIds });
  }

  #ask(question: Frame, answer: string, signal: AbortSignal | undefined): Promise<Frame> {
    if (this.#state === 'closed') return Promise.reject(new ClosedError());
    return this.#questions.ask(question, answer, this.#state === 'online', signal);
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#goAway = undefined;
    const { url, peerId, deviceType, deviceInfo, presence, token, key, audience, connectTimeout, heartbeat, pongTimeout } = this.#options;
    const events = {
      registered: (frame: Registered) => this.#online(frame),
      received: (frame: Frame, size: number) => this.#receive(frame, size),
      ended: (end: End) => this.#ended(end),
    };
    this.#change({ state: 'connecting' });
    if (this.state === 'closed') return;                            // by a listener
    try {
      const WebSocket = this.#options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
      if (!WebSocket) throw new TypeError('There is no global WebSocket here: pass one as an option');
      this.#connection = new Connection(
        {
          url, WebSocket, token, key, heartbeat,
          register: { type: 'register', peerId, acks: true, ...(deviceType !== undefined && { deviceType }), ...(deviceInfo !== undefined && { deviceInfo }), ...(presence && { presence }) },
          audience: audience ?? new URL(url).hostname,
          connectTimeout: connectTimeout ?? 10_000,
          pongTimeout: pongTimeout ?? 10_000,
        },
        events,
      );
    } catch (error) {
      this.#close(error);                                           // an option is wrong: no attempt would succeed
    }
  }

  #online(frame: Registered): void {
    this.#registered = frame;
    this.#stable = setTimeout(() => this.#backoff.reset(), stableAfter);
    this.#outbox.restart(frame.limits);
    this.#inbox.restart(frame.node);
    this.#change({ state: 'online' });
    if (this.#watched.size) this.#connection?.send({ type: 'watch', peers: [...this.#watched] });
    this.#questions.restart();
    this.#pump();
    this.#emit('registered', frame);
    this.#connecting?.resolve(frame);
    this.#connecting = undefined;
  }

  #receive(frame: Frame, size: number): void {
    switch (frame.type) {
      case 'receipt':
        this.#outbox.settle(frame as unknown as Receipt);
        this.#pump();
        return;
      case 'peer-status':
        this.#emit('peer-status', frame as unknown as PeerStatus);
        return;
      case 'goaway':
        this.#goAway = frame as unknown as GoAway;
        this.#emit('goaway', this.#goAway);
        return;
      case 'error':
        if (frame.from === undefined) {
          this.#complain(frame);
          return;
        }
    }
    if (frame.from !== undefined || frame.type === 'offline-message') this.#inbox.receive(frame, size);
    else this.#questions.answer(frame);
  }

  #complain(frame: Frame): void {
    const error = new RefusedError(frame.code as string, frame.error as string, frame.retryAfterMs as number | undefined);
    const id = String(frame.id);
    if (this.#outbox.fail(id, error, Date.now())) this.#pump();
    else if (this.#questions.fail(id, error)) return;
    else if (error.code === 'rate-limited') {
      // What it was about is not said: if it was an acknowledgement, the node would wait for it.
      const again = this.#acknowledged;
      setTimeout(() => {
        if (again && again === this.#acknowledged && again.connection === this.#connection) this.#acknowledge(again.seq);
      }, error.retryAfterMs ?? 1000);
    } else if (error.code !== 'auth-expired') this.#emit('error', error); // that one ends the connection, and is told then
  }

  async #handle(message: Relayed): Promise<void> {
    const type = message.type === 'error' ? 'peer-error' : message.type;
    await this.#emitter.emitInTurn(type, message as never, (error) => this.#emit('error', error));
  }

  #acknowledge(seq: number): void {
    this.#acknowledged = { connection: this.#connection, seq };
    this.#connection?.send({ type: 'ack', seq, peerId: this.peerId });
  }

  #pump(): void {
    if (this.#state !== 'online') return;
    for (const text of this.#outbox.due(Date.now())) this.#connection!.send(text);
    const wait = this.#outbox.wait(Date.now());
    clearTimeout(this.#resend);
    this.#resend = wait === undefined ? undefined : setTimeout(() => this.#pump(), wait);
  }

  #ended(end: End): void {
    this.#connection = undefined;
    clearTimeout(this.#resend);
    clearTimeout(this.#stable);
    if (end.isUnanswered) this.#unanswered = [...this.#lateRegistrations(), Date.now()];
    const final = this.#finalError(end);
    if (final) {
      this.#close(final);
      return;
    }
    const error = end.error instanceof Error ? end.error : new ConnectionLostError(end.code, end.reason);
    if (end.error !== undefined && !(error instanceof RefusedError)) this.#emit('error', end.error); // the application's own token or key
    if (globalThis.navigator?.onLine === false) {
      this.#change({ state: 'waiting', error });                    // until the device says that it is online
      return;
    }
    const retryAfter = error instanceof RefusedError ? (error.retryAfterMs ?? 0) : 0;
    const delay = this.#goAway?.reconnectAfterMs ?? Math.max(retryAfter, this.#backoff.next());
    this.#retry = setTimeout(() => this.#open(), delay);
    this.#change({ state: 'waiting', error, retryInMs: delay });
  }

  /** Why there is no sense in another attempt. */
  #finalError({ code, reason, error, complaint }: End): Error | undefined {
    if (code === 1000 && reason === 'replaced') return this.#wasReplacedByItself() ? undefined : new ReplacedError();
    if (code === 4003 && !(reason === 'token expired' && typeof this.#options.token === 'function')) return new UnauthorizedError(complaint?.message ?? reason, complaint?.code);
    if (!(error instanceof RefusedError) || temporary.has(error.code)) return undefined;
    return error.code === 'unauthorized' || error.code === 'auth-required' ? new UnauthorizedError(error.message, error.code) : error;
  }

  /** A network that comes back may deliver a registration that was given up after the one that was not. Each can do so once. */
  #wasReplacedByItself(): boolean {
    this.#unanswered = this.#lateRegistrations();
    return this.#unanswered.shift() !== undefined;
  }

  #lateRegistrations(): number[] {
    return this.#unanswered.filter((time) => time > Date.now() - lateRegistration);
  }

  #close(error: unknown): void {
    if (this.#state === 'closed') return;
    this.#connection?.close();
    this.#connection = undefined;
    for (const timer of [this.#retry, this.#resend, this.#stable]) clearTimeout(timer);
    this.#stopListeningToDevice();
    this.#inbox.stop();
    const isAsked = error instanceof ClosedError;
    this.#change({ state: 'closed', ...(!isAsked && { error: error as Error }) });
    const closed = isAsked ? error : new ClosedError(error);
    this.#outbox.rejectAll(closed);
    this.#questions.rejectAll(closed);
    this.#connecting?.reject(error);
    this.#connecting = undefined;
  }

  #change(change: StateChange): void {
    this.#state = change.state;
    this.#emit('state', change);
  }

  #emit<K extends keyof ClientEvents>(type: K, event: ClientEvents[K]): void {
    if (type === 'error' && !this.#emitter.has('error')) console.error(event);
    else this.#emitter.emit(type, event, (error) => (type === 'error' ? console.error(error) : this.#emit('error', error)));
  }

  // A browser says when it is online again, and when somebody looks: better moments than any timer's.

  readonly #cameOnline = () => this.reconnectNow();

  readonly #wentOffline = () => {
    clearTimeout(this.#retry);
    this.#connection?.probe();
  };

  readonly #changedVisibility = () => {
    if (document.visibilityState === 'visible') this.reconnectNow();
  };

  #listenToDevice(): void {
    globalThis.addEventListener?.('online', this.#cameOnline);
    globalThis.addEventListener?.('offline', this.#wentOffline);
    globalThis.document?.addEventListener('visibilitychange', this.#changedVisibility);
  }

  #stopListeningToDevice(): void {
    globalThis.removeEventListener?.('online', this.#cameOnline);
    globalThis.removeEventListener?.('offline', this.#wentOffline);
    globalThis.document?.removeEventListener('visibilitychange', this.#changedVisibility);
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((first, second) => [resolve, reject] = [first, second]);
  return { promise, resolve, reject };
}
