import { assert, expectMembers } from '../lib/expect.js';

export const section = 'Delivery';
export const profile = 'original';

export default [
  {
    name: 'the last registration of an id wins, and the old connection is closed with 1000',
    async run(t) {
      const old = await t.register('bob');

      const bob = await t.register('bob');

      expectMembers(bob.registered.json, { peerId: t.id('bob'), isReconnect: true });
      assert.equal((await old.closed()).code, 1000);
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 1);
      assert.equal((await bob.next('offer')).json.n, 1);
    },
  },
  {
    name: 'the end of a connection that was replaced changes nothing',
    async run(t) {
      const [old, alice] = [await t.register('bob'), await t.register('alice')];
      const bob = await t.register('bob');
      await old.closed();
      old.terminate();

      alice.send({ type: 'peer-status', peerId: t.id('bob') });
      assert.equal((await alice.next('peer-status-response')).json.status, 'online');
      t.sendNumbered(alice, 'bob', 1, 1);
      assert.equal((await bob.next('offer')).json.n, 1);
      await alice.nothingElse();
    },
  },
  {
    name: 'a peer that was taken over stays online: nobody is told that it went',
    async run(t) {
      const observer = await t.register('observer');
      const old = await t.register('bob');
      await observer.presence(t.id('bob'), 'online');

      await t.register('bob');
      await old.closed();

      const sentinel = await t.register('sentinel');
      await sentinel.close();
      for (;;) {
        const { json } = await observer.nextPresence('peer-status of the sentinel');
        if (json.peerId === t.id('sentinel') && json.status === 'offline') break;
        assert.ok(json.peerId !== t.id('bob') || json.status !== 'offline', 'the peer that was taken over was announced as gone');
      }
    },
  },
  {
    name: 'messages to a peer that is taken over meanwhile all arrive, in order',
    async run(t) {
      const [old, alice] = [await t.register('bob'), await t.register('alice')];
      t.sendNumbered(alice, 'bob', 1, 50);

      const registering = t.register('bob');
      t.sendNumbered(alice, 'bob', 51, 100);
      const bob = await registering;

      const numbers = [...new Set((await old.readToEnd()).map(({ relayed }) => relayed.n))];
      assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
      while (numbers.length < 100) {
        const { n } = (await bob.next()).relayed;
        if (!numbers.includes(n)) numbers.push(n); // what the old connection had not confirmed may come twice
      }
      assert.deepEqual(numbers, Array.from({ length: 100 }, (_, index) => index + 1));
    },
  },
];
