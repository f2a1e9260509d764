// Peer (a): a relay as a good Node engineer writes it on `ws`. It registers an id, looks up the recipient, sets `from`, forwards.
// No mailbox, no presence, no limits, no log: what a server on this stack can at best reach.
//   node server.js [--port N] [--tuned]
// --tuned, (a+): the text is forwarded with `from` spliced in where it had none, and all that one turn of the event loop has for a socket leaves in one write.
import { WebSocketServer } from 'ws';
import { parseArgs } from 'node:util';

const { port, tuned } = parseArgs({ options: { port: { type: 'string', default: '0' }, tuned: { type: 'boolean', default: false } } }).values;

class Peer {
  id = null;
  #socket;
  #wire;
  #corked = false;

  constructor(socket, wire) {
    this.#socket = socket;
    this.#wire = wire;
  }

  send(text) {
    if (tuned && !this.#corked) {
      this.#corked = true;
      this.#wire.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#wire.uncork();
      });
    }
    this.#socket.send(text);
  }

  replace() {
    this.#socket.close(1000, 'replaced');
  }
}

const peers = new Map();

function register(peer, { peerId }) {
  const before = peers.get(peerId);
  if (before && before !== peer) before.replace();
  peer.id = peerId;
  peers.set(peerId, peer);
  peer.send(JSON.stringify({ type: 'registered', peerId, serverTime: Date.now() }));
}

function relay(peer, message, text) {
  const recipient = peers.get(message.to);
  if (!recipient) return peer.send(JSON.stringify({ type: 'error', error: `Not connected: ${message.to}` }));
  if (tuned && message.from === undefined) return recipient.send(`{"from":${JSON.stringify(peer.id)},${text.slice(1)}`);
  message.from = peer.id;
  recipient.send(JSON.stringify(message));
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), backlog: 4096, perMessageDeflate: false, maxPayload: 1_000_000 });

server.on('connection', (socket, request) => {
  const peer = new Peer(socket, request.socket);
  socket.on('message', (data) => {
    const text = data.toString();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return peer.send('{"type":"error","error":"Invalid message format"}');
    }
    if (message.type === 'register') register(peer, message);
    else relay(peer, message, text);
  });
  socket.on('close', () => {
    if (peers.get(peer.id) === peer) peers.delete(peer.id);
  });
  socket.on('error', () => {}); // `close` follows
});

server.on('listening', () => console.log(`ready at ws://127.0.0.1:${server.address().port}/`));
