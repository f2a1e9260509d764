import type { SignalingClient } from './client.js';
import type { Answer, Candidate, Candidates, Offer } from './protocol.js';

export interface PeerConnectionOptions {
  /**
   * Adds tracks, data channels and listeners to a new connection. Called again where another takes its place, which is closed then: the other side has
   * started anew, as by reloading its page, or both sides made their first offer at once and this one yields.
   */
  readonly setup: (connection: RTCPeerConnection) => void;
  /** The offer of the other side that this connection is the answer to; without one this side begins. */
  readonly offer?: Offer;
  /** For `RTCPeerConnection`. `iceServers` are those of the node and these. */
  readonly configuration?: RTCConfiguration;
  /** Milliseconds for which candidates are collected into one message. Default 50. */
  readonly candidateDelay?: number;
  /** Default: the global one. */
  readonly RTCPeerConnection?: new (configuration: RTCConfiguration) => RTCPeerConnection;
  /** What went wrong between this side and its `RTCPeerConnection`. Default: to the console. */
  readonly onError?: (error: unknown) => void;
}

/** A signaling client, as far as it is needed here. */
export type Signaling = Pick<SignalingClient, 'peerId' | 'on' | 'relay' | 'iceServers'>;

type Identified = { readonly connectionId?: string; readonly toConnectionId?: string };

/** The longest time a timer takes: 2^31 - 1 ms. */
const longestTimer = 0x7fffffff;

/**
 * A WebRTC connection with one peer: perfect negotiation (W3C WebRTC §10.7), in which the side with the smaller peer id yields; candidates in batches;
 * an ICE restart when the connection has failed, or had when signaling came back; STUN and TURN servers from the node, renewed before they expire.
 */
export class PeerConnection {
  readonly #client: Signaling;
  readonly #options: PeerConnectionOptions;
  readonly #isPolite: boolean;
  readonly #over = new AbortController();
  readonly #ready: Promise<void>;
  #iceServers: RTCIceServer[] = [];
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #connection: RTCPeerConnection | undefined;

  // Of the connection that is there now. Both sides tell which one a message belongs to: what was kept for one that is gone must not reach its successor.
  #id = '';
  #remoteId: string | undefined;
  #isMakingOffer = false;
  #isSettingAnswer = false;
  #isIgnoringOffer = false;
  #isDescribing = 0;
  #candidates: RTCIceCandidateInit[] = [];
  #batch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    client: Signaling,
    /** The other side. */
    readonly peerId: string,
    options: PeerConnectionOptions,
  ) {
    this.#client = client;
    this.#options = options;
    this.#isPolite = client.peerId < peerId;
    const { signal } = this.#over;
    const ofPeer = <T extends Offer | Answer | Candidate | Candidates>(handle: (message: T) => Promise<void>) => (message: T) =>
      message.from === peerId ? this.#untilOver(this.#guard(() => handle(message))) : undefined;
    client.on('offer', ofPeer((offer) => this.#describe(offer)), { signal });
    client.on('answer', ofPeer((answer) => this.#describe(answer)), { signal });
    client.on('ice-candidate', ofPeer((message) => this.#add(message, [message.candidate])), { signal });
    client.on('ice-candidates', ofPeer((message) => this.#add(message, message.candidates)), { signal });
    client.on('registered', () => this.#guard(() => this.#restartIfBroken()), { signal });
    this.#ready = this.#start();
    const { offer } = options;
    if (offer) void this.#guard(() => this.#describe(offer));
  }

  /** What `setup` was called with last; undefined until the node has told its ICE servers. */
  get connection(): RTCPeerConnection | undefined {
    return this.#connection;
  }

  /** Negotiates anew, with new candidates and credentials. */
  async restartIce(): Promise<void> {
    await this.#renewIceServers();
    this.#connection?.restartIce();
  }

  close(): void {
    this.#over.abort();
    clearTimeout(this.#renewal);
    this.#discard();
  }

  async #start(): Promise<void> {
    await this.#renewIceServers();
    if (!this.#over.signal.aborted) this.#begin();
  }

  #begin(remoteId?: string): void {
    this.#id = crypto.getRandomValues(new Uint32Array(2)).join('');
    this.#remoteId = remoteId;
    this.#create();
  }

  #create(): void {
    const Connection = this.#options.RTCPeerConnection ?? RTCPeerConnection;
    const connection = new Connection(this.#configuration());
    this.#connection = connection;
    this.#isMakingOffer = this.#isSettingAnswer = this.#isIgnoringOffer = false;
    this.#isDescribing = 0;
    const on = (event: string, listener: (event: any) => void) => connection.addEventListener(event, (raised) => {
      if (connection === this.#connection) listener(raised);
    });
    on('negotiationneeded', () => void this.#guard(() => this.#offer(connection)));
    on('icecandidate', ({ candidate }: RTCPeerConnectionIceEvent) => this.#collect(candidate));
    on('connectionstatechange', () => {
      if (connection.connectionState === 'failed') void this.#guard(() => this.restartIce());
    });
    this.#options.setup(connection);
  }

  #discard(): void {
    clearTimeout(this.#batch);
    this.#batch = undefined;
    this.#candidates = [];
    this.#connection?.close();
    this.#connection = undefined;
  }

  /**
   * Makes room for the other side's first offer by a new connection, the same one as far as that side knows. To take its own first offer back would do, but
   * Chromium (156) then often looks for candidates for ever: where it has just begun to, when the offer goes.
   */
  #recreate(): void {
    this.#discard();
    this.#create();
  }

  async #offer(connection: RTCPeerConnection): Promise<void> {
    try {
      this.#isMakingOffer = true;
      await this.#sendDescription(connection);
    } catch (error) {
      if (connection === this.#connection) throw error;
    } finally {
      if (connection === this.#connection) this.#isMakingOffer = false;
    }
  }

  /** Sends the description that the state asks for, and only then the candidates that belong to it. */
  async #sendDescription(connection: RTCPeerConnection): Promise<void> {
    this.#isDescribing++;
    try {
      await connection.setLocalDescription();
      const description = connection.localDescription;
      if (connection === this.#connection && description) this.#send(description.type as 'offer' | 'answer', { sdp: description.sdp });
    } finally {
      if (connection === this.#connection) {                        // one that was discarded may never come here
        this.#isDescribing--;
        this.#schedule(this.#options.candidateDelay);
      }
    }
  }

  async #describe(message: Offer | Answer): Promise<void> {
    await this.#ready;
    if (!this.#isMine(message)) return;
    const isOffer = message.type === 'offer';
    const isReady = !this.#isMakingOffer && (this.#connection!.signalingState === 'stable' || this.#isSettingAnswer);
    this.#isIgnoringOffer = isOffer && !isReady && !this.#isPolite;
    if (this.#isIgnoringOffer) return;
    if (isOffer && !isReady && !this.#connection!.remoteDescription) this.#recreate();
    const connection = this.#connection!;
    this.#isSettingAnswer = !isOffer;
    try {
      await connection.setRemoteDescription({ type: message.type, sdp: message.sdp }); // rolls back a later offer of ours
    } finally {
      if (connection === this.#connection) this.#isSettingAnswer = false;
    }
    if (isOffer && connection === this.#connection) await this.#sendDescription(connection);
  }

  async #add(message: Candidate | Candidates, candidates: readonly (RTCIceCandidateInit | null)[]): Promise<void> {
    await this.#ready;
    if (!this.#isMine(message)) return;
    const connection = this.#connection!;
    const isIgnoring = this.#isIgnoringOffer;                       // as they come: they are of the offer that is ignored, or of what there was before
    if (isIgnoring && !connection.remoteDescription) return;
    for (const candidate of candidates) {
      try {
        await connection.addIceCandidate(candidate ?? undefined);
      } catch (error) {
        if (!isIgnoring) throw error;
      }
    }
  }

  /** Whether a message belongs to the connection that is there. An offer of a new one on the other side makes a new one here. */
  #isMine({ type, connectionId, toConnectionId }: (Offer | Answer | Candidate | Candidates) & Identified): boolean {
    if (!this.#connection || (toConnectionId !== undefined && toConnectionId !== this.#id)) return false;
    if (this.#remoteId === undefined) this.#remoteId = connectionId;
    if (this.#remoteId === connectionId) return true;
    if (type !== 'offer') return false;
    this.#discard();
    this.#begin(connectionId);
    return true;
  }

  #send(type: 'offer' | 'answer' | 'ice-candidates', members: object): void {
    // Not waited for: the other side's receipt may wait for its handler, which may wait for a message of ours.
    this.#client.relay(this.peerId, type, { ...members, connectionId: this.#id, toConnectionId: this.#remoteId }).catch((error: unknown) => this.#fail(error));
  }

  #collect(candidate: RTCIceCandidate | null): void {
    if (candidate) this.#candidates.push(candidate.toJSON());
    this.#schedule(candidate ? this.#options.candidateDelay : 0);   // null: there are no more
  }

  #schedule(delay = 50): void {
    if (!this.#candidates.length || (this.#batch !== undefined && delay)) return;
    clearTimeout(this.#batch);
    this.#batch = setTimeout(() => {
      this.#batch = undefined;
      if (this.#isDescribing) return;                               // then they go after the description
      const candidates = this.#candidates.splice(0);
      if (candidates.length) this.#send('ice-candidates', { candidates });
    }, delay);
  }

  async #restartIfBroken(): Promise<void> {
    const state = this.#connection?.iceConnectionState;
    if (state === 'disconnected' || state === 'failed') await this.restartIce();
  }

  #configuration(): RTCConfiguration {
    const { configuration } = this.#options;
    return { ...configuration, iceServers: [...(configuration?.iceServers ?? []), ...this.#iceServers] };
  }

  async #renewIceServers(): Promise<void> {
    try {
      const { iceServers, ttlSeconds } = await this.#client.iceServers({ signal: this.#over.signal });
      this.#iceServers = iceServers;
      this.#connection?.setConfiguration(this.#configuration());
      clearTimeout(this.#renewal);
      if (ttlSeconds > 0 && iceServers.length) this.#renewal = setTimeout(() => void this.#renewIceServers(), Math.min(ttlSeconds * 500, longestTimer));
    } catch (error) {
      this.#fail(error);                                            // those there were may do
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The client hands on nothing more until a listener has returned, and what a browser (Chromium 156) had under way for a closed connection never ends. */
  #untilOver(work: Promise<void>): Promise<void> {
    const { signal } = this.#over;
    return new Promise((resolve, reject) => {
      const end = () => resolve();
      signal.addEventListener('abort', end);
      work.finally(() => signal.removeEventListener('abort', end)).then(resolve, reject);
    });
  }

  #fail(error: unknown): void {
    if (!this.#over.signal.aborted) (this.#options.onError ?? console.error)(error);
  }
}
