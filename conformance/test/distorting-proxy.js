import WebSocket, { WebSocketServer } from 'ws';

const without = (name) => (message) => {
  const { [name]: _, ...rest } = message;
  return [rest];
};
const only = (type, change) => (message) => (message.type === type ? change(message) : [message]);

/** What is wrong with a server: how it differs from the one behind the proxy, in what it hears (`sent`) or says (`received`). */
export const DISTORTIONS = {
  'leaves-out-seq': { received: without('seq') },
  'ignores-acks': { sent: only('ack', () => []) },
  'says-stored-for-delivered': { received: only('receipt', (message) => [{ ...message, status: 'stored' }]) },
  'answers-receipts-twice': { received: only('receipt', (message) => [message, message]) },
  'ignores-receipts': { sent: without('receipt') },
  'ignores-scopes': { sent: only('register', without('presence')) },
  'ignores-unwatch': { sent: only('unwatch', () => []) },
  'ends-pages-early': { received: only('peers-list', without('next')) },
  'leaves-out-error-codes': { received: only('error', without('code')) },
  'leaves-out-error-ids': { received: only('error', without('id')) },
  'leaves-out-limits': { received: only('registered', without('limits')) },
  'closes-without-a-word': { received: only('error', (message) => (message.code === 'message-too-large' ? [] : [message])) },
  'invents-ice-servers': { received: only('ice-servers', (message) => [{ ...message, iceServers: [{ urls: ['https://example.org'] }] }]) },
};

/** Stands between the kit and a sound server, and makes it a server with one of `DISTORTIONS`, or with none. */
export class DistortingProxy {
  #server;
  #upstream;
  #distortion;

  constructor(upstream, distortion) {
    this.#upstream = upstream;
    this.#distortion = DISTORTIONS[distortion] ?? {};
  }

  async start() {
    this.#server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    this.#server.on('connection', (client) => this.#connect(client));
    await new Promise((resolve) => this.#server.once('listening', resolve));
    return `ws://127.0.0.1:${this.#server.address().port}/`;
  }

  stop() {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #connect(client) {
    const upstream = new WebSocket(this.#upstream, { perMessageDeflate: false });
    const opened = new Promise((resolve) => upstream.once('open', resolve));
    client.on('message', async (data) => {
      await opened;
      for (const text of distort(data.toString(), this.#distortion.sent)) upstream.send(text);
    });
    upstream.on('message', (data) => {
      for (const text of distort(data.toString(), this.#distortion.received)) client.send(text);
    });
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      one.on('error', () => {});                                    // `close` follows
      one.on('close', (code, reason) => (code === 1005 || code === 1006 ? other.terminate() : other.close(code, reason)));
    }
  }
}

function distort(text, change) {
  if (!change) return [text];
  const message = JSON.parse(text);
  const changed = change(message);
  return changed.length === 1 && changed[0] === message ? [text] : changed.map((each) => JSON.stringify(each));
}
