import { randomUUID } from 'node:crypto';
import { WebSocketServer } from 'ws';

const RELAYED = new Set(['message', 'offer', 'answer', 'ice-candidate', 'ice-candidates', 'pairing:request', 'pairing:confirmation', 'pairing:reject', 'error']);
const MAILBOX = 100;

/** What a server can get wrong, one switch each. */
export const DEFECTS = [
  'passes-forged-from', 'reverses-kept-messages', 'duplicates-kept-messages', 'delivers-kept-messages-again', 'keeps-without-bound', 'rewrites-messages', 'wrong-error-text',
  'announces-nobody', 'old-connection-ends-the-new', 'relays-what-only-servers-send', 'relays-before-register', 'ignores-ping', 'lists-the-asking-peer', 'closes-on-garbage',
];

/** A server of the original protocol in memory, as small as it can be, to test the kit with. It listens at a free port of loopback. */
export class SmallServer {
  #defects;
  #server;
  #peers = new Map();                                               // peer id → { socket, deviceType, deviceInfo, connectedAt }
  #mailboxes = new Map();                                           // peer id → [{ text, storedAt }]

  constructor(...defects) {
    for (const defect of defects) if (!DEFECTS.includes(defect)) throw new Error(`there is no defect ${defect}`);
    this.#defects = new Set(defects);
  }

  async start() {
    this.#server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1_000_000, perMessageDeflate: false });
    this.#server.on('connection', (socket) => this.#connect(socket));
    await new Promise((resolve) => this.#server.once('listening', resolve));
    return `ws://127.0.0.1:${this.#server.address().port}/`;
  }

  stop() {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #connect(socket) {
    socket.ids = [];
    socket.on('message', (data) => this.#receive(socket, data.toString()));
    socket.on('close', () => this.#leave(socket));
    socket.on('error', () => {});                                   // `close` follows
  }

  #receive(socket, text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      message = null;
    }
    if (message === null || typeof message !== 'object' || Array.isArray(message)) {
      return this.#defects.has('closes-on-garbage') ? socket.terminate() : refuse(socket, 'Invalid message format');
    }
    switch (message.type) {
      case 'ping': return this.#defects.has('ignores-ping') || send(socket, { type: 'pong', timestamp: Date.now(), ts: Date.now() });
      case 'heartbeat': return undefined;
      case 'register': return this.#register(socket, message);
      case 'unregister': return this.#leave(socket);
      default: break;
    }
    const isKnown = RELAYED.has(message.type) || message.type === 'get-peers' || message.type === 'peer-status';
    if (!isKnown && !(this.#defects.has('relays-what-only-servers-send') && message.to)) {
      return refuse(socket, this.#defects.has('wrong-error-text') ? 'What is this?' : `Unknown message type: ${message.type}`);
    }
    if (socket.ids.length === 0 && !this.#defects.has('relays-before-register')) return refuse(socket, 'Not registered');
    if (message.type === 'get-peers') return this.#list(socket);
    if (message.type === 'peer-status') return message.peerId ? this.#status(socket, message.peerId) : this.#list(socket);
    return this.#relay(socket, message, text);
  }

  #register(socket, { peerId, deviceType, deviceInfo }) {
    if (!peerId) return refuse(socket, 'peerId is required');
    const before = this.#peers.get(peerId);
    socket.ids = [...socket.ids.filter((id) => id !== peerId), peerId];
    this.#peers.set(peerId, { socket, deviceType: deviceType || 'unknown', deviceInfo: deviceInfo || {}, connectedAt: Date.now() });
    if (before && before.socket !== socket) before.socket.close(1000, 'replaced');
    send(socket, { type: 'registered', peerId, serverTime: Date.now(), isReconnect: Boolean(before) });
    this.#deliver(socket, peerId);
    if (!before) this.#announce(peerId, 'online');
    return undefined;
  }

  #deliver(socket, peerId) {
    const kept = this.#mailboxes.get(peerId) ?? [];
    if (!this.#defects.has('delivers-kept-messages-again')) this.#mailboxes.delete(peerId);
    const ordered = this.#defects.has('reverses-kept-messages') ? kept.toReversed() : kept;
    for (const { text, storedAt } of ordered) {
      const times = this.#defects.has('duplicates-kept-messages') ? 2 : 1;
      for (let i = 0; i < times; i += 1) socket.send(`{"type":"offline-message","originalMessage":${text},"storedAt":${storedAt},"deliveredAt":${Date.now()}}`);
    }
  }

  #relay(socket, message, text) {
    if (message.type === 'message' && (!message.to || (message.payload ?? false) === false)) return refuse(socket, 'Missing "to" or "payload" field');
    if (!message.to) return refuse(socket, this.#defects.has('wrong-error-text') ? 'to is missing' : 'Missing "to" field');
    const relayed = this.#withSender(message, text, socket.ids.at(-1) ?? null);
    const peer = this.#peers.get(message.to);
    if (peer) return peer.socket.send(relayed);
    const kept = [...(this.#mailboxes.get(message.to) ?? []), { text: relayed, storedAt: Date.now() }];
    this.#mailboxes.set(message.to, this.#defects.has('keeps-without-bound') ? kept : kept.slice(-MAILBOX));
    return send(socket, { type: 'peer-offline', peerId: message.to, messageId: message.id || randomUUID(), messageType: message.type, timestamp: Date.now() });
  }

  #withSender(message, text, from) {
    const hasFrom = Object.hasOwn(message, 'from');
    if (hasFrom && this.#defects.has('passes-forged-from')) return text;
    const members = { from, ...(message.type === 'message' && !message.timestamp && { timestamp: Date.now() }) };
    if (hasFrom || this.#defects.has('rewrites-messages')) return JSON.stringify({ ...message, ...members });
    return `${text.slice(0, text.lastIndexOf('}'))},${JSON.stringify(members).slice(1)}`;
  }

  #list(socket) {
    const others = [...this.#peers].filter(([id]) => this.#defects.has('lists-the-asking-peer') || !socket.ids.includes(id));
    const peers = others.map(([peerId, { deviceType, deviceInfo, connectedAt }]) => ({ peerId, deviceType, deviceInfo, connectedAt }));
    send(socket, { type: 'peers-list', peers, count: peers.length, timestamp: Date.now() });
  }

  #status(socket, peerId) {
    const peer = this.#peers.get(peerId);
    const device = peer && { deviceType: peer.deviceType, deviceInfo: peer.deviceInfo };
    send(socket, { type: 'peer-status-response', peerId, status: peer ? 'online' : 'offline', ...device, timestamp: Date.now() });
  }

  #leave(socket) {
    for (const id of socket.ids.splice(0)) {
      if (this.#peers.get(id)?.socket !== socket && !this.#defects.has('old-connection-ends-the-new')) continue;
      const { deviceType } = this.#peers.get(id) ?? {};
      if (this.#peers.delete(id)) this.#announce(id, 'offline', deviceType);
    }
  }

  #announce(peerId, status, deviceType = this.#peers.get(peerId).deviceType) {
    if (this.#defects.has('announces-nobody')) return;
    const deviceInfo = this.#peers.get(peerId)?.deviceInfo;
    for (const { socket } of this.#peers.values()) {
      if (!socket.ids.includes(peerId)) send(socket, { type: 'peer-status', peerId, status, deviceType, deviceInfo, timestamp: Date.now() });
    }
  }
}

const send = (socket, message) => socket.send(JSON.stringify(message));
const refuse = (socket, error) => send(socket, { type: 'error', error, timestamp: Date.now() });
