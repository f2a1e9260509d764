// A WebSocket client that counts what it is told, and can send far more than it should.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const handshake = 'GET / HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

export class Client {
  #socket;
  #buffer = Buffer.alloc(0);
  #isOpen = false;
  #counts = {};
  codes = {};

  static async register(url, peerId) {
    const client = new Client(url);
    client.send({ type: 'register', peerId, presence: 'none' });
    await client.until((counts) => counts.registered > 0);
    return client;
  }

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(port, hostname).on('error', () => {}).on('data', (bytes) => this.#read(bytes));
    this.#socket.write(handshake);
  }

  get isFull() { return this.#socket.writableNeedDrain; }

  counts() { return { ...this.#counts }; }

  end() { this.#socket.end(frame(0x88, Buffer.from([3, 232]))); }

  destroy() { this.#socket.destroy(); }

  send(message) { this.#socket.write(frame(0x81, Buffer.from(JSON.stringify(message)))); }

  async until(holds, patience = 10_000) {
    const end = performance.now() + patience;
    while (!holds(this.#counts)) {
      if (performance.now() > end) throw new Error(`never came: ${holds}; there is ${JSON.stringify(this.#counts)}`);
      await delay(1);
    }
  }

  #read(bytes) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    if (!this.#isOpen) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#isOpen = true;
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    for (;;) {
      if (this.#buffer.length < 2) return;
      const short = this.#buffer[1];
      const header = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#buffer.length < header) return;
      const length = short === 126 ? this.#buffer.readUInt16BE(2) : short === 127 ? Number(this.#buffer.readBigUInt64BE(2)) : short;
      if (this.#buffer.length < header + length) return;
      const payload = this.#buffer.subarray(header, header + length);
      if (this.#buffer[0] === 0x89) this.#socket.write(frame(0x8a, Buffer.from(payload)));
      if (this.#buffer[0] === 0x81) this.#count(JSON.parse(payload));
      this.#buffer = this.#buffer.subarray(header + length);
    }
  }

  #count({ type, code }) {
    this.#counts[type] = (this.#counts[type] ?? 0) + 1;
    if (code) this.codes[code] = (this.codes[code] ?? 0) + 1;
  }
}

/** Masked with zeros, which leave the payload as it is. */
export function frame(first, payload) {
  const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(4), payload]);
}
