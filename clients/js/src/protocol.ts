// The wire protocol, as far as this client speaks it: see docs/protocol.md.

/** Any JSON object that the node sends. */
export type Frame = { type: string; [member: string]: unknown };

/** What peers send each other. */
export type RelayedType =
  | 'message'
  | 'offer'
  | 'answer'
  | 'ice-candidate'
  | 'ice-candidates'
  | 'pairing:request'
  | 'pairing:confirmation'
  | 'pairing:reject'
  | 'error';

/** What every message of a peer has. Other members come as their sender wrote them. */
export interface Relayed {
  readonly type: RelayedType;
  /** The sender's peer id, which the node vouches for. */
  readonly from: string;
  /** The recipient: this client. */
  readonly to: string;
  readonly id?: string;
  /** When the node kept the message, in Unix milliseconds; only where it was kept. */
  readonly storedAt?: number;
  readonly [member: string]: unknown;
}

export interface Message<T = unknown> extends Relayed {
  readonly type: 'message';
  readonly payload: T;
  /** Unix milliseconds. */
  readonly timestamp: number;
}

export interface Offer extends Relayed {
  readonly type: 'offer';
  readonly sdp: string;
}

export interface Answer extends Relayed {
  readonly type: 'answer';
  readonly sdp: string;
}

/** What a browser calls RTCIceCandidateInit: programs without its types use this client, too. */
export interface IceCandidate {
  candidate?: string;
  sdpMid?: string | null;
  sdpMLineIndex?: number | null;
  usernameFragment?: string | null;
}

/** What a browser calls RTCIceServer. */
export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export interface Candidate extends Relayed {
  readonly type: 'ice-candidate';
  readonly candidate: IceCandidate | null;
}

export interface Candidates extends Relayed {
  readonly type: 'ice-candidates';
  readonly candidates: readonly IceCandidate[];
}

/** What became of a message. */
export interface Receipt {
  readonly id: string;
  readonly to: string;
  /** `delivered`: the recipient has handled it. `stored`: the recipient is away; the node keeps it on disk. */
  readonly status: 'delivered' | 'stored';
}

export interface Peer {
  readonly peerId: string;
  readonly deviceType: string;
  readonly deviceInfo: unknown;
  /** Unix milliseconds. */
  readonly connectedAt: number;
}

export interface PeerStatus {
  readonly peerId: string;
  readonly status: 'online' | 'offline';
  readonly deviceType?: string;
  readonly deviceInfo?: unknown;
  /** Unix milliseconds. */
  readonly timestamp: number;
}

export interface IceServers {
  readonly iceServers: IceServer[];
  /** How long the credentials are good. */
  readonly ttlSeconds: number;
}

/** The node's answer to a registration. */
export interface Registered {
  readonly peerId: string;
  readonly serverTime: number;
  readonly isReconnect: boolean;
  readonly node?: string;
  readonly sessionId?: string;
  readonly features?: readonly string[];
  readonly limits?: {
    readonly maxMessageBytes: number;
    readonly messagesPerSecond: number;
    readonly mailboxMessages: number;
    readonly mailboxTtlSeconds: number;
  };
  readonly heartbeatSeconds?: number;
  /** When the token ends, in Unix milliseconds. */
  readonly expiresAt?: number;
}

/** The node goes, as planned; the client comes back by itself. */
export interface GoAway {
  readonly reason: string;
  readonly reconnectAfterMs: number;
}

export type PresenceScope = 'all' | 'related' | 'watched' | 'none';
