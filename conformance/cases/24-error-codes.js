import { assert, expectMembers } from '../lib/expect.js';

export const section = 'Errors';
export const profile = 'extensions';

const long = 'x'.repeat(257);
const nested = (levels) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** What a registered client sends wrong, by its error's code; each has an id, which the error repeats. */
const WRONG = [
  ['unknown-type', { type: 'hello' }],
  ['unknown-type', { type: 'registered' }],
  ['peer-id-required', { type: 'register' }],
  ['invalid-peer-id', { type: 'register', peerId: 7 }],
  ['invalid-peer-id', { type: 'register', peerId: ['alice'] }],
  ['invalid-peer-id', { type: 'register', peerId: long }],
  ['invalid-peer-id', { type: 'register', peerId: 'a\nb' }],
  ['invalid-peer-id', { type: 'peer-status', peerId: {} }],
  ['invalid-device-type', { type: 'register', peerId: 'alice', deviceType: 7 }],
  ['invalid-device-type', { type: 'register', peerId: 'alice', deviceType: 'x'.repeat(65) }],
  ['invalid-presence', { type: 'register', peerId: 'alice', presence: 'everyone' }],
  ['missing-to', { type: 'offer' }],
  ['missing-to', { type: 'message', payload: 1 }],
  ['missing-payload', { type: 'message', to: 'bob' }],
  ['invalid-to', { type: 'offer', to: 7 }],
  ['invalid-to', { type: 'offer', to: ['bob'] }],
  ['invalid-to', { type: 'offer', to: long }],
  ['invalid-to', { type: 'offer', to: 'a\u0000b' }],
  ['invalid-ack', { type: 'ack' }],
  ['invalid-page', { type: 'get-peers', limit: -1 }],
  ['invalid-peers', { type: 'watch' }],
];

export default [
  ...WRONG.map(([code, message]) => ({
    name: `${code} for ${JSON.stringify(message).slice(0, 80)}, with the message's id`,
    async run(t) {
      const alice = await t.register('alice');

      alice.sendWrong({ id: 'm3', ...message });

      expectMembers((await alice.next('error')).json, { code, id: 'm3' });
      await alice.nothingElse();
    },
  })),
  ...[['invalid-json', '{"type":"ping"'], ['not-an-object', '[]'], ['too-deep', `{"type":"heartbeat","x":${nested(100)}}`]].map(([code, text]) => ({
    name: `${code} for ${text.slice(0, 40)}`,
    async run(t) {
      const client = await t.connect();

      client.sendBytes(text);

      expectMembers((await client.next('error')).json, { code });
      await client.nothingElse();
    },
  })),
  {
    name: 'invalid-utf8 for a binary message that is none, while text that is none closes with 1007',
    async run(t) {
      const [binary, text] = [await t.connect(), await t.connect()];

      binary.sendBytes(Buffer.from([0x7b, 0xff, 0x7d]), { binary: true });
      text.sendBytes(Buffer.from([0x7b, 0xff, 0x7d]));

      expectMembers((await binary.next('error')).json, { code: 'invalid-utf8' });
      await binary.nothingElse();
      assert.equal((await text.closed()).code, 1007);
    },
  },
  {
    name: 'not-registered for everything that needs an id, before register',
    async run(t) {
      const client = await t.connect();

      for (const message of [{ type: 'offer', to: t.id('bob') }, { type: 'get-peers' }, { type: 'peer-status' }, { type: 'watch', peers: [] }, { type: 'get-ice-servers' }, { type: 'ack', seq: 0 }]) {
        client.send(message);
        expectMembers((await client.next('error')).json, { code: 'not-registered' });
      }
    },
  },
  {
    name: 'invalid-device-info for more than 4,096 bytes, and for more than 16 levels',
    async run(t) {
      const client = await t.connect();

      for (const deviceInfo of [JSON.stringify('x'.repeat(4_095)), nested(17)]) {
        client.sendBytes(`{"type":"register","peerId":"${t.id('alice')}","deviceInfo":${deviceInfo}}`);
        expectMembers((await client.next('error')).json, { code: 'invalid-device-info' });
      }
      for (const deviceInfo of [JSON.stringify('x'.repeat(4_094)), nested(16)]) {
        client.send(`{"type":"register","peerId":"${t.id('alice')}","deviceInfo":${deviceInfo}}`);
        await client.next('registered');
      }
    },
  },
  {
    name: 'too-many-aliases for one id more than a connection may have, which stays usable',
    async run(t) {
      const client = await t.register('alias-0');
      let error = null;
      for (let i = 1; i <= 64 && error === null; i += 1) {
        client.send({ type: 'register', peerId: t.id(`alias-${i}`) });
        const answer = await client.next();
        if (answer.type === 'error') error = answer.json;
      }

      assert.equal(error?.code, 'too-many-aliases');
      await t.registerOn(client, 'alias-0');
    },
  },
  {
    name: "an id that is no string or number, or too long, is not repeated",
    async run(t) {
      const alice = await t.register('alice');

      for (const id of [null, {}, [1], true, 0, '', 'x'.repeat(255)]) {
        alice.sendWrong({ type: 'hello', id });
        assert.ok(!Object.hasOwn((await alice.next('error')).json, 'id'));
      }
    },
  },
  {
    name: 'a numeric id is repeated as it is spelled',
    async run(t) {
      const alice = await t.register('alice');

      alice.sendWrong('{"type":"hello","id":12345678901234567890}');

      assert.match((await alice.next('error')).text, /"id":12345678901234567890[,}]/);
    },
  },
  {
    section: 'Limits',
    name: 'a message as large as the limit is relayed, and one byte more is an error and closes with 1009',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      const { maxMessageBytes } = alice.registered.json.limits;
      const start = `{"type":"offer","to":"${t.id('bob')}","sdp":"`;
      const sized = (bytes) => `${start}${'v'.repeat(bytes - start.length - 2)}"}`;

      alice.sendBytes(sized(maxMessageBytes));
      assert.equal((await bob.next('offer')).json.sdp.length, maxMessageBytes - start.length - 2);
      alice.sendBytes(sized(maxMessageBytes + 1));

      expectMembers((await alice.next('error')).json, { code: 'message-too-large' });
      assert.equal((await alice.closed()).code, 1009);
      await bob.nothingElse();
    },
  },
  {
    section: 'Limits',
    name: 'a message that waited is as large as it was, in its wrapper',
    async run(t) {
      const alice = await t.register('alice');
      const { maxMessageBytes } = alice.registered.json.limits;
      const start = `{"type":"offer","to":"${t.id('bob')}","sdp":"`;

      alice.sendBytes(`${start}${'v'.repeat(maxMessageBytes - start.length - 2)}"}`);
      await alice.next('peer-offline');

      const { originalMessage } = (await (await t.register('bob')).next('offline-message')).json;
      assert.equal(originalMessage.sdp.length, maxMessageBytes - start.length - 2);
    },
  },
  {
    section: 'Limits',
    name: 'a message nested 100 levels deep is relayed, and one of 101 is not',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];

      alice.sendBytes(`{"type":"offer","to":"${t.id('bob')}","deep":${nested(100)}}`);
      alice.send(`{"type":"offer","to":"${t.id('bob')}","deep":${nested(99)}}`);

      expectMembers((await alice.next('error')).json, { code: 'too-deep' });
      assert.equal(JSON.stringify((await bob.next('offer')).json.deep), nested(99));
    },
  },
  {
    section: 'Limits',
    optional: 'floods the server with 20,000 small messages',
    name: 'who sends faster than it may is told so, with when to try again',
    async run(t) {
      const alice = await t.register('alice');

      for (let i = 0; i < 20_000; i += 1) alice.sendBytes('{"type":"heartbeat"}');

      const { json } = await alice.next('error');
      expectMembers(json, { code: 'rate-limited' });
      assert.ok(json.retryAfterMs >= 0);
    },
  },
];
