import { assert, expectError, expectMembers, expectTime } from '../lib/expect.js';

export const section = 'register';
export const profile = 'original';

export default [
  {
    name: 'a client that registers is told so',
    async run(t) {
      const { registered } = await t.register('alice', { deviceType: 'web', deviceInfo: { name: "Alice's laptop" } });

      expectMembers(registered.json, { type: 'registered', peerId: t.id('alice'), isReconnect: false });
      expectTime(registered.json.serverTime);
    },
  },
  {
    name: 'what follows register without waiting for the answer is handled after it',
    async run(t) {
      const alice = await t.connect();

      alice.send({ type: 'register', peerId: t.id('alice') });
      alice.send({ type: 'offer', to: t.id('alice'), n: 1 });
      alice.send({ type: 'ping' });

      await alice.next('registered');
      const types = [(await alice.next()).type, (await alice.next()).type].sort();
      assert.deepEqual(types, ['offer', 'pong']);
    },
  },
  {
    name: 'the same id again on the same connection is answered, the connection stays, and nobody is told that it went',
    async run(t) {
      const observer = await t.register('observer');
      const alice = await t.register('alice');
      await observer.presence(t.id('alice'), 'online');

      const again = await t.registerOn(alice, 'alice', { deviceType: 'web' });

      expectMembers(again.json, { peerId: t.id('alice'), isReconnect: true });
      await alice.nothingElse();
      await t.noPresence(observer);
    },
  },
  ...[['no peerId', {}], ['an empty peerId', { peerId: '' }], ['null for a peerId', { peerId: null }], ['false for a peerId', { peerId: false }], ['0 for a peerId', { peerId: 0 }]].map(([what, members]) => ({
    name: `${what} is an error, after which the connection can register`,
    async run(t) {
      const client = await t.connect();

      client.sendWrong({ type: 'register', ...members });

      await expectError(client, 'peerId is required');
      await t.registerOn(client, 'alice');
    },
  })),
  {
    name: 'a peer id is case-sensitive',
    async run(t) {
      const [lower, upper, sender] = [await t.register('bob'), await t.register('Bob'), await t.register('alice')];

      t.sendNumbered(sender, 'bob', 1, 1);
      t.sendNumbered(sender, 'Bob', 2, 2);

      assert.equal((await lower.next('offer')).json.n, 1);
      assert.equal((await upper.next('offer')).json.n, 2);
    },
  },
  {
    name: 'a peer id may have any letters, and 256 of them',
    async run(t) {
      const name = `ü漢🙂"\\/ ${'x'.repeat(256 - t.id('').length - 8)}`;
      assert.equal(t.id(name).length, 256);
      const [bob, alice] = [await t.register(name), await t.register('alice')];

      alice.send({ type: 'offer', to: t.id(name) });

      expectMembers((await bob.next('offer')).json, { to: t.id(name), from: t.id('alice') });
    },
  },
  {
    name: 'a message before register gets an error and goes nowhere',
    async run(t) {
      const [stranger, bob] = [await t.connect(), await t.register('bob')];

      stranger.send({ type: 'offer', to: t.id('bob') });

      await stranger.next('error');
      await t.registerOn(stranger, 'stranger');
      await t.nothingRelayed(stranger, bob, 'bob');
    },
  },
];
