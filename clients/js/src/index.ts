export { SignalingClient } from './client.js';
export type { CallOptions, ClientEvents, ClientOptions, State, StateChange } from './client.js';
export type { WebSocketConstructor, WebSocketLike } from './connection.js';
export * from './errors.js';
export { peerIdOf, peerKeyOf } from './proof.js';
export type { KeyPair, PeerKey } from './proof.js';
export type * from './protocol.js';
