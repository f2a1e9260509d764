import { assert, expectMembers, expectRelayed } from '../lib/expect.js';
import { RELAYED } from './04-relay.js';

export const section = 'Receipts';
export const profile = 'extensions';

const offer = (t, to, id) => ({ type: 'offer', to: t.id(to), id, receipt: true });

export default [
  ...[...RELAYED, 'message'].map((type) => ({
    name: `${type} with a receipt is answered once its recipient acknowledges it`,
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      const sent = { type, to: t.id('bob'), id: 'm1', receipt: true, payload: 1, timestamp: 5 };

      alice.send(sent);
      const { json } = await bob.next(type);
      await alice.nothingElse();
      bob.send({ type: 'ack', seq: json.seq });

      expectMembers(json, { ...sent, from: t.id('alice') });
      expectMembers((await alice.next('receipt')).json, { id: 'm1', to: t.id('bob'), status: 'delivered' });
      await alice.nothingElse();
    },
  })),
  {
    name: 'a recipient without acks has a message once it answered a later WebSocket ping',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      const sent = JSON.stringify(offer(t, 'bob', 'm1'));

      alice.send(sent);

      expectRelayed(await bob.next('offer'), sent, t.id('alice'));
      expectMembers((await alice.next('receipt')).json, { id: 'm1', to: t.id('bob'), status: 'delivered' });
      await alice.nothingElse();
    },
  },
  {
    name: 'a message to a peer that is away is stored, which replaces peer-offline',
    async run(t) {
      const alice = await t.register('alice');

      alice.send(offer(t, 'bob', 'm1'));

      expectMembers((await alice.next()).json, { type: 'receipt', id: 'm1', to: t.id('bob'), status: 'stored' });
      await alice.nothingElse();
      assert.equal((await (await t.register('bob')).next('offline-message')).relayed.id, 'm1');
    },
  },
  {
    name: 'a message that was not acknowledged when its recipient went is stored',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      alice.send(offer(t, 'bob', 'm1'));
      await bob.next('offer');

      bob.terminate();

      expectMembers((await alice.next('receipt')).json, { id: 'm1', status: 'stored' });
    },
  },
  {
    name: 'a message that is sent again with the same id is delivered once and answered again',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      alice.send(offer(t, 'bob', 'm1'));
      bob.send({ type: 'ack', seq: (await bob.next('offer')).json.seq });
      await alice.next('receipt');

      alice.send(offer(t, 'bob', 'm1'));

      expectMembers((await alice.next('receipt')).json, { id: 'm1', status: 'delivered' });
      await t.nothingRelayed(alice, bob, 'bob');
    },
  },
  {
    name: 'a message that was kept and is sent again waits once',
    async run(t) {
      const alice = await t.register('alice');
      for (let i = 0; i < 2; i += 1) {
        alice.send(offer(t, 'bob', 'm1'));
        expectMembers((await alice.next('receipt')).json, { id: 'm1', status: 'stored' });
      }

      const bob = await t.register('bob');

      await bob.next('offline-message');
      await bob.nothingElse();
    },
  },
  {
    name: 'the same id of two senders is two messages',
    async run(t) {
      const [alice, carol, bob] = [await t.register('alice'), await t.register('carol'), await t.register('bob')];

      for (const sender of [alice, carol]) sender.send(offer(t, 'bob', 'm1'));

      const senders = (await bob.nextOf('offer', 2)).map(({ json }) => json.from);
      assert.deepEqual(senders.sort(), [t.id('alice'), t.id('carol')].sort());
    },
  },
  {
    name: 'a message that is not accepted is answered by an error with its id, and by nothing else',
    async run(t) {
      const alice = await t.register('alice');

      alice.sendWrong({ type: 'offer', id: 'm1', receipt: true });

      expectMembers((await alice.next('error')).json, { id: 'm1', code: 'missing-to' });
      await alice.nothingElse();
    },
  },
  ...[['none', undefined], ['a number', 7], ['empty', ''], ['too long', 'x'.repeat(255)]].map(([what, id]) => ({
    name: `a receipt needs an id that is a string of at most 256 bytes: ${what} is an error`,
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];

      alice.sendWrong({ type: 'offer', to: t.id('bob'), id, receipt: true });

      expectMembers((await alice.next('error')).json, { code: 'receipt-needs-id' });
      await t.nothingRelayed(alice, bob, 'bob');
    },
  })),
];
