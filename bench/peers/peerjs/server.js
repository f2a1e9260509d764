// Peer (b): PeerJS server as its users run it, without limits that a load generator meets first.
//   node server.js [--port N]
import { PeerServer } from 'peer';
import { parseArgs } from 'node:util';

const { port } = parseArgs({ options: { port: { type: 'string', default: '0' } } }).values;

PeerServer({ host: '127.0.0.1', port: Number(port), path: '/', concurrent_limit: 20_000 }, (server) => {
  console.log(`ready at ws://127.0.0.1:${server.address().port}/peerjs`);
});
