import WebSocket from 'ws';

const MAX_SHOWN = 300;

/** A server that asks with a WebSocket ping what a client has got does so well within this, in milliseconds. */
const ASKED_WITHIN = 3_000;

/** A message as it came: its text to the letter, and what it means. */
class Received {
  constructor(text) {
    this.text = text;
    this.json = JSON.parse(text);
    this.type = this.json.type;
  }

  /** What a peer sent, whether it came at once or had to wait. */
  get relayed() {
    return this.type === 'offline-message' ? this.json.originalMessage : this.json;
  }

  toString() {
    return shorten(this.text);
  }
}

export const shorten = (text) => (text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`);

/** Something that is awaited until it comes, the connection ends, or patience does. */
class Queue {
  #items = [];
  #waiting = null;
  #ended = null;

  push(item) {
    this.#items.push(item);
    this.#waiting?.();
  }

  end(reason) {
    this.#ended = reason;
    this.#waiting?.();
  }

  /** Everything that has come and was not taken. */
  takeAll() {
    return this.#items.splice(0);
  }

  async take(expected, patience) {
    const deadline = Date.now() + patience;
    while (this.#items.length === 0) {
      if (this.#ended) throw new Error(`expected ${expected}, but the connection ended: ${this.#ended}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`expected ${expected}, nothing came within ${patience} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#items.shift();
  }
}

/**
 * One connection of a case. It reads all the time. Presence, which comes between any two messages, is kept apart; that of other cases' peers,
 * who may be on the same server, is dropped.
 */
export class Client {
  #socket;
  #messages = new Queue();
  #presence = new Queue();
  #patience;
  #recorder;
  #closed;
  #wasAsked = false;

  constructor(socket, { patience, recorder, owns }) {
    this.#socket = socket;
    this.#patience = patience;
    this.#recorder = recorder;
    socket.on('message', (data) => {
      const message = new Received(data.toString());
      recorder?.received(message.text);
      this.#wasAsked = false;
      if (message.type !== 'peer-status') this.#messages.push(message);
      else if (owns(message.json.peerId)) this.#presence.push(message);
    });
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        const ending = { code, reason: reason.toString() };
        this.#messages.end(`${code} ${ending.reason}`);
        this.#presence.end(`${code} ${ending.reason}`);
        resolve(ending);
      });
    });
    socket.on('ping', () => {
      this.#wasAsked = true; // and answered
    });
    socket.on('error', () => {}); // `close` follows
  }

  static async connect(url, options) {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: options.patience });
    const client = new Client(socket, options);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (error) => reject(new Error(`no connection to ${url}: ${error.message}`)));
    });
    return client;
  }

  /** Sends what the protocol allows, as an object or to the letter. */
  send(message) {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.#recorder?.sent(text, true);
    this.#socket.send(text);
  }

  /** Sends a message that lacks something or has it wrong. */
  sendWrong(message) {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.#recorder?.sent(text, false);
    this.#socket.send(text);
  }

  /** Sends bytes of which no schema can tell whether they are right: no JSON, too many, too deep. */
  sendBytes(bytes, { binary = false } = {}) {
    this.#socket.send(bytes, { binary });
  }

  /** The next message but for presence. With a type it must be one of that type. */
  async next(type) {
    const message = await this.#messages.take(type ?? 'a message', this.#patience);
    if (type && message.type !== type) throw new Error(`expected ${type}, received ${message}`);
    return message;
  }

  /** The next messages of this type, and nothing between them. */
  async nextOf(type, count) {
    const messages = [];
    while (messages.length < count) messages.push(await this.next(type));
    return messages;
  }

  /** The next presence of one of the case's peers. */
  async nextPresence(expected = 'peer-status') {
    return this.#presence.take(expected, this.#patience);
  }

  /** The next presence of one of the case's peers; it must be this one. */
  async presence(peerId, status) {
    const message = await this.nextPresence(`peer-status ${status} of ${peerId}`);
    if (message.json.peerId !== peerId || message.json.status !== status) throw new Error(`expected peer-status ${status} of ${peerId}, received ${message}`);
    return message;
  }

  /** A fence: the answer to a ping is the next message, so nothing else came before it, presence apart. */
  async nothingElse() {
    this.send({ type: 'ping' });
    await this.next('pong');
  }

  /** How the server ends the connection; what came before and was not taken is dropped. */
  async closed() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`expected the connection to be closed, it was not within ${this.#patience} ms`)), this.#patience);
    });
    try {
      return await Promise.race([this.#closed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Everything that comes before the connection ends. */
  async readToEnd() {
    await this.closed();
    return this.#messages.takeAll();
  }

  /**
   * The server knows that everything has arrived. One that takes the pong to a later ping for that ("Delivery") has pinged since, and has got
   * the pong; one that does not ask takes what it has written for delivered.
   */
  async confirmed() {
    if (!this.#wasAsked) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, ASKED_WITHIN);
        this.#socket.once('ping', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    await this.nothingElse();
  }

  /** Closes in order and waits for the server's answer. */
  async close() {
    this.#socket.close(1000);
    return this.closed();
  }

  /** Sends a WebSocket ping and waits for its pong. */
  async pong(payload) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`expected a pong, nothing came within ${this.#patience} ms`)), this.#patience);
    });
    const answered = new Promise((resolve) => this.#socket.once('pong', (data) => resolve(data.toString())));
    this.#socket.ping(payload);
    try {
      return await Promise.race([answered, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Vanishes. */
  terminate() {
    this.#socket.terminate();
  }
}
