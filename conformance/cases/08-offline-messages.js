import { assert, expectMembers, expectRelayed, expectTime } from '../lib/expect.js';
import { RELAYED } from './04-relay.js';

export const section = 'offline-message';
export const profile = 'original';

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

export default [
  ...[...RELAYED, 'message'].map((type) => ({
    name: `${type} to a peer that is away is kept, its sender is told so, and it is delivered in its wrapper`,
    async run(t) {
      const alice = await t.register('alice');
      const sent = { type, to: t.id('bob'), id: 'm1', payload: { n: 1 }, timestamp: 5, extra: [1.5] };

      alice.send(sent);

      const { json: told } = await alice.next('peer-offline');
      expectMembers(told, { peerId: t.id('bob'), messageId: 'm1', messageType: type });
      expectTime(told.timestamp);
      const { json: kept } = await (await t.register('bob')).next('offline-message');
      assert.deepEqual(kept.originalMessage, { ...sent, from: t.id('alice') });
      expectTime(kept.storedAt);
      expectTime(kept.deliveredAt);
      assert.ok(kept.deliveredAt >= kept.storedAt);
    },
  })),
  {
    name: 'a kept message is kept to the letter',
    async run(t) {
      const alice = await t.register('alice');
      const sent = `{"type":"offer","to":"${t.id('bob')}","n":12345678901234567890,"text":"\\u00e9\\/\\ud800","f":1.0}`;

      alice.send(sent);
      await alice.next('peer-offline');

      const { text } = await (await t.register('bob')).next('offline-message');
      const start = text.indexOf('"originalMessage":') + '"originalMessage":'.length;
      const original = text.slice(start, text.indexOf('},', start) + 1);
      expectRelayed({ text: original, json: JSON.parse(original) }, sent, t.id('alice'));
    },
  },
  {
    name: 'a message without an id is given one, and a number is repeated as one',
    async run(t) {
      const alice = await t.register('alice');

      alice.send({ type: 'offer', to: t.id('bob') });
      const { messageId } = (await alice.next('peer-offline')).json;
      alice.send({ type: 'offer', to: t.id('bob'), id: 7 });

      assert.ok(typeof messageId === 'string' && messageId.length > 0);
      assert.equal((await alice.next('peer-offline')).json.messageId, 7);
    },
  },
  {
    name: 'they come in order, after registered and before live traffic',
    async run(t) {
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 20);
      await alice.nextOf('peer-offline', 20);
      const bob = await t.connect();

      bob.send({ type: 'register', peerId: t.id('bob') });
      bob.send({ type: 'offer', to: t.id('bob'), n: 21 });

      await bob.next('registered');
      assert.deepEqual((await bob.nextOf('offline-message', 20)).map(({ relayed }) => relayed.n), numbers(1, 20));
      assert.equal((await bob.next('offer')).json.n, 21);
    },
  },
  {
    name: 'of 101 messages of one sender the oldest is dropped',
    async run(t) {
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 101);
      await alice.nextOf('peer-offline', 101);

      const bob = await t.register('bob');

      const { limits } = bob.registered.json;
      if (limits && limits.mailboxMessages !== 100) t.skip(`the server keeps ${limits.mailboxMessages}`);
      assert.deepEqual((await bob.nextOf('offline-message', 100)).map(({ relayed }) => relayed.n), numbers(2, 101));
      await bob.nothingElse();
    },
  },
  {
    name: 'they are delivered once: not again when the peer comes back',
    async run(t) {
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 3);
      await alice.nextOf('peer-offline', 3);
      const bob = await t.register('bob');
      await bob.nextOf('offline-message', 3);
      await bob.confirmed();
      await bob.close();

      const again = await t.register('bob');

      await again.nothingElse();
    },
  },
  {
    name: 'order holds over away, here, and away again',
    async run(t) {
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 5);
      await alice.nextOf('peer-offline', 5);
      const bob = await t.register('bob');
      t.sendNumbered(alice, 'bob', 6, 10);
      const first = [];
      while (first.length < 10) first.push((await bob.next()).relayed.n);
      await bob.confirmed();
      await bob.close();

      t.sendNumbered(alice, 'bob', 11, 15);
      await alice.nextOf('peer-offline', 5);
      const back = await t.register('bob');

      assert.deepEqual(first, numbers(1, 10));
      assert.deepEqual((await back.nextOf('offline-message', 5)).map(({ relayed }) => relayed.n), numbers(11, 15));
      await back.nothingElse();
    },
  },
  {
    name: 'an alias gets what waited for it',
    async run(t) {
      const [alice, phone] = [await t.register('alice'), await t.register('phone')];
      t.sendNumbered(alice, 'tablet', 1, 2);
      await alice.nextOf('peer-offline', 2);

      await t.registerOn(phone, 'tablet');

      assert.deepEqual((await phone.nextOf('offline-message', 2)).map(({ relayed }) => relayed.n), [1, 2]);
    },
  },
  {
    name: 'they expire after 24 h',
    async run(t) {
      t.skip('takes 24 h, unless the server is configured otherwise');
    },
  },
];
