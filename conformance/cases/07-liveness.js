import { assert, expectError, expectMembers, expectTime } from '../lib/expect.js';

export const section = 'ping';
export const profile = 'original';

export default [
  {
    name: 'a ping is answered by the time, twice the same',
    async run(t) {
      const alice = await t.register('alice');

      alice.send({ type: 'ping', timestamp: 1 });

      const { json } = await alice.next('pong');
      expectTime(json.timestamp);
      assert.equal(json.ts, json.timestamp);
    },
  },
  {
    name: 'a ping is answered before register, too',
    async run(t) {
      const client = await t.connect();

      client.send({ type: 'ping' });

      await client.next('pong');
    },
  },
  {
    section: 'Staying connected',
    name: 'a WebSocket ping is answered with its payload',
    async run(t) {
      const client = await t.connect();

      assert.equal(await client.pong('are you there'), 'are you there');
    },
  },
  {
    section: 'Staying connected',
    name: 'a silent client is cut off',
    async run(t) {
      t.skip('takes as long as the server is patient: 45 s by default');
    },
  },
  {
    section: 'heartbeat',
    name: 'a heartbeat is not answered, before register and after it',
    async run(t) {
      const client = await t.connect();
      client.send({ type: 'heartbeat' });
      await client.nothingElse();
      await t.registerOn(client, 'alice');

      client.send({ type: 'heartbeat', peerId: t.id('alice') });

      await client.nothingElse();
    },
  },
  {
    section: 'unregister',
    name: 'a peer that unregisters goes offline and is not answered',
    async run(t) {
      const [observer, bob] = [await t.register('observer'), await t.register('bob')];
      await observer.presence(t.id('bob'), 'online');

      bob.send({ type: 'unregister' });

      await bob.nothingElse();
      await observer.presence(t.id('bob'), 'offline');
      observer.send({ type: 'peer-status', peerId: t.id('bob') });
      expectMembers((await observer.next('peer-status-response')).json, { status: 'offline' });
    },
  },
  {
    section: 'unregister',
    name: 'after it messages are kept, and the same connection can register again and has them',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      bob.send({ type: 'unregister' });
      await bob.nothingElse();

      t.sendNumbered(alice, 'bob', 1, 1);
      await alice.next('peer-offline');
      await bob.nothingElse();
      await t.registerOn(bob, 'bob');

      assert.equal((await bob.next('offline-message')).relayed.n, 1);
    },
  },
  {
    section: 'unregister',
    name: 'after it the connection may not send until it registers again',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      alice.send({ type: 'unregister' });

      alice.send({ type: 'offer', to: t.id('bob') });

      await expectError(alice, '');
      await t.registerOn(alice, 'alice');
      await t.nothingRelayed(alice, bob, 'bob');
    },
  },
];
