import { randomBytes } from 'node:crypto';
import { Client } from './client.js';

/** Thrown by a case that cannot run here; it says why. */
export class Skip extends Error {}

/** What a case is given: clients of the server, and peer ids that nobody else uses. */
export class Context {
  #url;
  #options;
  #clients = [];
  #suffix = randomBytes(6).toString('hex');

  constructor(url, options) {
    this.#url = url;
    this.#options = { ...options, owns: (peerId) => peerId.endsWith(this.#suffix) };
  }

  /** How long the server may take over anything, in milliseconds. */
  get patience() {
    return this.#options.patience;
  }

  /** The same name is the same id within the case, and another in any other. */
  id(name) {
    return `${name}-${this.#suffix}`;
  }

  async connect() {
    const client = await Client.connect(this.#url, this.#options);
    this.#clients.push(client);
    return client;
  }

  /** A connection that is registered under the case's id of this name; `registered` is its first message. */
  async register(name, members = {}) {
    const client = await this.connect();
    client.registered = await this.registerOn(client, name, members);
    return client;
  }

  /** Registers an id, or one more, on this connection. */
  async registerOn(client, name, members = {}) {
    client.send({ type: 'register', peerId: this.id(name), ...members });
    return client.next('registered');
  }

  /** Sends messages of one sender to one peer, numbered from `first` to `last`. */
  sendNumbered(sender, to, first, last, members = {}) {
    for (let n = first; n <= last; n += 1) sender.send({ type: 'offer', to: this.id(to), n, ...members });
  }

  /**
   * A fence for what must not be relayed: messages of one sender to one recipient come in order, so where this marker is the recipient's next
   * message nothing that `sender` sent before it was relayed.
   */
  async nothingRelayed(sender, recipient, to) {
    sender.send({ type: 'offer', to: this.id(to), marker: this.#suffix });
    const next = await recipient.next();
    if (next.relayed.marker !== this.#suffix) throw new Error(`expected nothing to be relayed, received ${next}`);
  }

  /** A fence for presence: a peer comes and goes, and of this case's peers nothing was told before. */
  async noPresence(observer) {
    const sentinel = await this.register('sentinel');
    await observer.presence(this.id('sentinel'), 'online');
    await sentinel.close();
    await observer.presence(this.id('sentinel'), 'offline');
  }

  /** Closes a connection and waits until an observer, which saw its peer come, is told that it went. */
  async leave(client, name, observer) {
    await observer.presence(this.id(name), 'online');
    await client.close();
    await observer.presence(this.id(name), 'offline');
  }

  skip(reason) {
    throw new Skip(reason);
  }

  end() {
    for (const client of this.#clients) client.terminate();
  }
}
