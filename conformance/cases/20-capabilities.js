import { assert } from '../lib/expect.js';

export const section = 'register';
export const profile = 'extensions';

export default [
  {
    name: 'registered says what the server can do, and its bounds',
    async run(t) {
      const { node, sessionId, features, limits, heartbeatSeconds } = (await t.register('alice')).registered.json;

      assert.ok(typeof node === 'string' && node.length > 0, 'node');
      assert.ok(typeof sessionId === 'string' && sessionId.length > 0, 'sessionId');
      assert.deepEqual(['receipts', 'acks', 'presence', 'watch', 'pages', 'ice-servers'].filter((feature) => !features.includes(feature)), []);
      for (const name of ['maxMessageBytes', 'messagesPerSecond', 'mailboxMessages', 'mailboxTtlSeconds']) assert.ok(Number.isInteger(limits[name]) && limits[name] > 0, name);
      assert.ok(Number.isInteger(heartbeatSeconds) && heartbeatSeconds > 0, 'heartbeatSeconds');
    },
  },
  {
    name: 'every connection has a sessionId of its own',
    async run(t) {
      const [first, second] = [await t.register('alice'), await t.register('alice')];

      assert.notEqual(first.registered.json.sessionId, second.registered.json.sessionId);
      assert.equal(first.registered.json.node, second.registered.json.node);
    },
  },
  {
    section: 'Authentication',
    name: 'a register without a token or a proof is refused',
    async run(t) {
      t.skip('needs a server with Auth:Mode Jwt, Webhook or Keys');
    },
  },
  {
    section: 'get-challenge',
    name: 'a challenge has a nonce that is new each time, also before register',
    async run(t) {
      const client = await t.connect();

      client.send({ type: 'get-challenge' });
      client.send({ type: 'get-challenge' });

      const [first, second] = (await client.nextOf('challenge', 2)).map(({ json }) => json);
      assert.notEqual(first.nonce, second.nonce);
      assert.ok(first.expiresInMs > 0);
    },
  },
  {
    section: 'goaway',
    name: 'clients are told before the server goes',
    async run(t) {
      t.skip('needs a server that is about to end');
    },
  },
];
