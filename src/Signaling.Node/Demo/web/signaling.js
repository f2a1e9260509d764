// The connection to the signaling node, as docs/protocol.md describes it: it registers, acknowledges what it gets, asks for receipts,
// and comes back by itself when the connection is lost.

const FirstRetryMs = 500;
const LongestRetryMs = 5_000;

const Unauthorized = 4003;
const NotAllowed = 'This node asks its clients for a token or a proof, which this page has not. The demo works where Auth:Mode is Open.';
const Replaced = 'This page was opened a second time with the same identity (a duplicated tab, perhaps), and the newer one has taken over.';

/**
 * Events, all with a `detail`:
 * `state` {state: 'connecting' | 'online' | 'waiting' | 'ended', problem?},
 * `peers` [{peerId, deviceType, deviceInfo}], `peer` {peerId, online, deviceType, deviceInfo},
 * `message` {message, storedAt}: relayed by the node, with `storedAt` where it was kept,
 * `receipt` {id, to, status, problem?}, `away` {peerId, messageType}, `problem` a sentence.
 */
export class Signaling extends EventTarget {
  #url;
  #identity;
  #socket = null;
  #retry = null;
  #iceServersRefresh = null;
  #attempts = 0;
  #node = null;
  #lastSeq = 0;
  #unanswered = new Map();                               // messages without a receipt yet, which are sent again after a reconnect
  #state = 'connecting';

  /** The node's STUN and TURN servers, as RTCPeerConnection takes them. */
  iceServers = [];

  /**
   * @param {string} url ws:// or wss://
   * @param {() => {peerId: string, name: string}} identity whom to register, asked before each registration
   */
  constructor(url, identity) {
    super();
    this.#url = url;
    this.#identity = identity;
  }

  get isOnline() {
    return this.#state === 'online';
  }

  /** Connects now, whatever it waits for. */
  connect() {
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#change({ state: 'connecting' });
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    let end = {};                                         // what the node said of the end before it came
    socket.onopen = () => this.register();
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'goaway') end = { retryInMs: message.reconnectAfterMs, problem: 'The signaling node restarts.' };
      else if (message.type === 'server-shutdown') end = { problem: 'The signaling node is shutting down.' };
      else if (message.code === 'auth-required') end = { final: NotAllowed };
      else this.#receive(message);
      if (end.final) socket.close();
    };
    socket.onclose = ({ code, reason }) => {
      if (this.#socket === socket) this.#closed(code, reason, end);
    };
  }

  /** A phone that was asleep need not wait for its next attempt. */
  wake() {
    if (this.#state === 'waiting') this.connect();
  }

  /** Tells the node who this is; again, when the name has changed. */
  register() {
    const { peerId, name } = this.#identity();
    this.send({ type: 'register', peerId, deviceType: 'web', deviceInfo: { name, app: 'signaling-node-demo' }, acks: true, presence: 'all' });
  }

  askForPeers() {
    this.send({ type: 'get-peers' });
  }

  /** @returns {boolean} whether there is a connection to send it on */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Sends a message whose fate a `receipt` will tell, also over reconnects. */
  sendWithReceipt(message) {
    const asking = { ...message, receipt: true };
    this.#unanswered.set(message.id, asking);
    return this.send(asking);
  }

  #receive(message) {
    switch (message.type) {
      case 'registered':
        this.#registered(message);
        break;
      case 'peers-list':
        this.#emit('peers', message.peers);
        break;
      case 'peer-status':
        this.#emit('peer', { ...message, online: message.status === 'online' });
        break;
      case 'ice-servers':
        this.iceServers = message.iceServers;
        // A TURN credential ends; half of its time is left for a call that begins just before the next answer.
        clearTimeout(this.#iceServersRefresh);
        this.#iceServersRefresh = setTimeout(() => this.send({ type: 'get-ice-servers' }), Math.min(message.ttlSeconds * 500, 2 ** 31 - 1));
        break;
      case 'receipt':
        this.#answered(message.id, message.status);
        break;
      case 'peer-offline':
        this.#emit('away', message);
        break;
      case 'offline-message':
        this.#deliver(message.originalMessage, message.storedAt, message.seq);
        break;
      case 'error':
        if (message.from) break;                          // a peer's own, of which this page's peers send none
        if (this.#unanswered.has(message.id)) this.#answered(message.id, 'refused', message.error);
        else this.#emit('problem', `The node says: ${message.error}`);
        break;
      default:
        if (message.from) this.#deliver(message, null, message.seq);
    }
  }

  #registered({ node }) {
    if (node !== this.#node) [this.#node, this.#lastSeq] = [node, 0];
    const isNew = this.#state !== 'online';
    this.#attempts = 0;
    this.#change({ state: 'online' });
    this.askForPeers();
    if (!isNew) return;
    this.send({ type: 'get-ice-servers' });
    for (const message of this.#unanswered.values()) this.send(message);
  }

  #answered(id, status, problem) {
    const { to } = this.#unanswered.get(id) ?? {};
    if (this.#unanswered.delete(id)) this.#emit('receipt', { id, to, status, problem });
  }

  /** What was not acknowledged comes again after a reconnect, with the same seq. */
  #deliver(message, storedAt, seq) {
    if (seq > this.#lastSeq) {
      this.#emit('message', { message, storedAt });
      this.#lastSeq = seq;
    }
    this.send({ type: 'ack', seq: this.#lastSeq });
  }

  #closed(code, reason, { final, problem, retryInMs }) {
    if (code === 1000 && reason === 'replaced') final = Replaced;
    if (code === Unauthorized) final = NotAllowed;
    if (final) {
      this.#change({ state: 'ended', problem: final });
      return;
    }
    const wait = retryInMs ?? Math.min(FirstRetryMs * 2 ** this.#attempts++, LongestRetryMs) * (0.75 + Math.random() / 2); // not all clients at once
    this.#retry = setTimeout(() => this.connect(), wait);
    this.#change({ state: 'waiting', problem: problem ?? 'The signaling node cannot be reached.' });
  }

  #change(detail) {
    this.#state = detail.state;
    this.#emit('state', detail);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
