import type { ClientEvents } from '../../src/client.js';
import { Emitter } from '../../src/events.js';
import type { IceServers, Receipt, Relayed } from '../../src/protocol.js';
import type { Signaling } from '../../src/webrtc.js';

/** Connects signaling clients in memory: messages arrive in order, one after the other, when `deliver` is called or, while it is `live`, at once. */
export class FakeSignaling {
  readonly #clients = new Map<string, FakeClient>();
  readonly log: Relayed[] = [];
  #queue: Relayed[] = [];
  #delivering: Promise<void> = Promise.resolve();
  isLive = true;

  client(peerId: string): FakeClient {
    const client = new FakeClient(peerId, (message) => this.#send(message));
    this.#clients.set(peerId, client);
    return client;
  }

  /** Hands over what is under way, and what that leads to; only so many messages, where there is a limit. */
  async deliver(limit = Infinity): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      for (; limit > 0 && this.#queue.length; limit--, quiet = 0) {
        const message = this.#queue.shift()!;
        await this.#clients.get(message.to)?.receive(message);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));       // what a fake connection does takes a few turns
    }
  }

  #send(message: Relayed): void {
    this.log.push(message);
    this.#queue.push(message);
    if (this.isLive) this.#delivering = this.#delivering.then(async () => {
      const next = this.#queue.shift();
      if (next) await this.#clients.get(next.to)?.receive(next);
    });
  }
}

export class FakeClient implements Signaling {
  readonly #emitter = new Emitter<ClientEvents>();
  readonly errors: unknown[] = [];
  ice: IceServers = { iceServers: [{ urls: ['stun:stun.example.org'] }], ttlSeconds: 600 };
  asked = 0;

  constructor(
    readonly peerId: string,
    readonly sendOn: (message: Relayed) => void,
  ) {}

  on: Signaling['on'] = (type, listener, options) => this.#emitter.on(type, listener, options);

  relay: Signaling['relay'] = async (to, type, members) => {
    this.sendOn(JSON.parse(JSON.stringify({ ...members, type, to, from: this.peerId })));
    return { id: '', to, status: 'delivered' } satisfies Receipt;
  };

  iceServers: Signaling['iceServers'] = async () => {
    this.asked++;
    return this.ice;
  };

  receive(message: Relayed): Promise<void> {
    return this.#emitter.emitInTurn(message.type as 'offer', message as never, (error) => this.errors.push(error));
  }

  /** As after a reconnection. */
  registered(): Promise<void> {
    return this.#emitter.emitInTurn('registered', {} as never, (error) => this.errors.push(error));
  }
}

/** The signaling state machine of an RTCPeerConnection (W3C WebRTC §4.3), without media and network. Its SDP says what it is, and how often ICE was restarted. */
export class FakePeerConnection extends EventTarget {
  static made: FakePeerConnection[] = [];

  readonly configurations: RTCConfiguration[];
  readonly candidates: (RTCIceCandidateInit | undefined)[] = [];
  signalingState: RTCSignalingState = 'stable';
  iceConnectionState: RTCIceConnectionState = 'new';
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  rollbacks = 0;
  #isNegotiationNeeded = false;
  #iceRestarts = 0;
  #operations = 0;
  #last: Promise<void> = Promise.resolve();
  #stable: { local: FakePeerConnection['localDescription']; remote: FakePeerConnection['remoteDescription'] } = { local: null, remote: null };

  constructor(configuration: RTCConfiguration) {
    super();
    this.configurations = [configuration];
    FakePeerConnection.made.push(this);
  }

  /** Stands for addTrack, createDataChannel and the like. */
  add(): void {
    this.#isNegotiationNeeded = true;
    this.#askForNegotiation();
  }

  restartIce(): void {
    this.#iceRestarts++;
    this.add();
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configurations.push(configuration);
  }

  setLocalDescription(): Promise<void> {
    return this.#chain(() => {
      const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
      if (type === 'offer' && this.signalingState === 'have-local-offer') throw new DOMException('Already offering', 'InvalidStateError');
      this.localDescription = { type, sdp: `${type} ${this.#iceRestarts}` };
      this.#become(type === 'answer' ? 'stable' : 'have-local-offer');
    });
  }

  setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    return this.#chain(() => {
      if (description.type === 'answer' && this.signalingState !== 'have-local-offer') throw new DOMException('No offer to answer', 'InvalidStateError');
      if (description.type === 'offer' && this.signalingState === 'have-local-offer') {
        this.rollbacks++;
        this.localDescription = this.#stable.local;
        this.#isNegotiationNeeded = true;
      }
      this.remoteDescription = description;
      this.#become(description.type === 'answer' ? 'stable' : 'have-remote-offer');
    });
  }

  addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    return this.#chain(() => {
      if (!this.remoteDescription) throw new DOMException('No remote description', 'InvalidStateError');
      this.candidates.push(candidate);
    });
  }

  close(): void {
    this.signalingState = 'closed';
  }

  /** ICE found a candidate; null: all of them. */
  gather(candidate: string | null): void {
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: candidate && { toJSON: () => ({ candidate }) } }));
  }

  become(state: 'connected' | 'disconnected' | 'failed'): void {
    this.iceConnectionState = this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  #become(state: RTCSignalingState): void {
    this.signalingState = state;
    if (state === 'stable') this.#stable = { local: this.localDescription, remote: this.remoteDescription };
  }

  /** One operation after the other, as §4.4.1.2 has it. */
  async #chain(operation: () => void): Promise<void> {
    if (this.signalingState === 'closed') throw new DOMException('Closed', 'InvalidStateError');
    this.#operations++;
    const done = this.#last.then(async () => {
      await turn();
      if (this.signalingState === 'closed') return never;           // as browsers have it
      return operation();
    });
    this.#last = done.catch(() => {});
    try {
      await done;
    } finally {
      this.#operations--;
      this.#askForNegotiation();
    }
  }

  /** Fires when the state is stable and nothing is being done, as §4.7.3 has it. */
  #askForNegotiation(): void {
    queueMicrotask(() => {
      if (!this.#isNegotiationNeeded || this.signalingState !== 'stable' || this.#operations) return;
      this.#isNegotiationNeeded = false;
      this.dispatchEvent(new Event('negotiationneeded'));
    });
  }
}

const never = new Promise<void>(() => {});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
