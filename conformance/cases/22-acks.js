import { assert, expectMembers, expectRelayed } from '../lib/expect.js';

export const section = 'ack';
export const profile = 'extensions';

const read = async (client, count) => {
  const messages = [];
  while (messages.length < count) messages.push(await client.next());
  return messages;
};
const numbersOf = (messages) => messages.map(({ relayed }) => relayed.n);
const seqsOf = (messages) => messages.map(({ json }) => json.seq);

export default [
  {
    name: 'what a client with acks is sent carries a seq that rises, from the mailbox and live',
    async run(t) {
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 3);
      await alice.nextOf('peer-offline', 3);

      const bob = await t.register('bob', { acks: true });
      t.sendNumbered(alice, 'bob', 4, 6);

      const messages = await read(bob, 6);
      assert.deepEqual(numbersOf(messages), [1, 2, 3, 4, 5, 6]);
      const seqs = seqsOf(messages);
      assert.ok(seqs.every((seq, index) => Number.isSafeInteger(seq) && (index === 0 || seq > seqs[index - 1])), `${seqs} do not rise`);
    },
  },
  {
    name: 'what was not acknowledged comes again with its seq, before anything newer',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      t.sendNumbered(alice, 'bob', 1, 3);
      const first = await read(bob, 3);
      await bob.close();
      t.sendNumbered(alice, 'bob', 4, 4);
      await alice.next('peer-offline');

      const back = await t.register('bob', { acks: true });
      t.sendNumbered(alice, 'bob', 5, 5);

      const again = await read(back, 5);
      assert.deepEqual(numbersOf(again), [1, 2, 3, 4, 5]);
      assert.deepEqual(seqsOf(again).slice(0, 3), seqsOf(first));
    },
  },
  {
    name: 'an ack covers everything up to and including its seq',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      t.sendNumbered(alice, 'bob', 1, 3);
      const messages = await read(bob, 3);

      bob.send({ type: 'ack', seq: messages[1].json.seq });
      await bob.nothingElse();
      await bob.close();

      const back = await t.register('bob', { acks: true });
      assert.deepEqual(numbersOf(await read(back, 1)), [3]);
      await back.nothingElse();
    },
  },
  {
    name: 'a message comes again at each registration until it is acknowledged',
    async run(t) {
      const alice = await t.register('alice');
      t.sendNumbered(alice, 'bob', 1, 1);
      await alice.next('peer-offline');
      const seqs = new Set();
      for (let i = 0; i < 3; i += 1) {
        const bob = await t.register('bob', { acks: true });
        seqs.add((await bob.next('offline-message')).json.seq);
        bob.terminate();
        await bob.closed();
      }

      const last = await t.register('bob', { acks: true });
      last.send({ type: 'ack', seq: (await last.next('offline-message')).json.seq });
      await last.nothingElse();
      await last.close();

      assert.equal(seqs.size, 1);
      await (await t.register('bob', { acks: true })).nothingElse();
    },
  },
  {
    name: 'a connection with aliases acknowledges for the id it names, and without one for the last',
    async run(t) {
      const [alice, phone] = [await t.register('alice'), await t.register('phone', { acks: true })];
      await t.registerOn(phone, 'tablet', { acks: true });
      t.sendNumbered(alice, 'phone', 1, 2);
      t.sendNumbered(alice, 'tablet', 11, 12);
      const seqs = new Map((await phone.nextOf('offer', 4)).map(({ json }) => [json.n, json.seq]));

      phone.send({ type: 'ack', seq: seqs.get(1), peerId: t.id('phone') });
      phone.send({ type: 'ack', seq: seqs.get(12) });
      await phone.nothingElse();
      await phone.close();

      const back = await t.register('phone', { acks: true });
      assert.deepEqual(numbersOf(await read(back, 1)), [2]);
      await t.registerOn(back, 'tablet', { acks: true });
      await back.nothingElse();
    },
  },
  ...[['none', {}], ['negative', { seq: -1 }], ['a string', { seq: '1' }], ['a fraction', { seq: 1.5 }]].map(([what, members]) => ({
    name: `an ack whose seq is no whole number is an error: ${what}`,
    async run(t) {
      const bob = await t.register('bob', { acks: true });

      bob.sendWrong({ type: 'ack', ...members });

      expectMembers((await bob.next('error')).json, { code: 'invalid-ack' });
    },
  })),
  {
    name: 'an ack of what was not sent is an error and acknowledges nothing',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      t.sendNumbered(alice, 'bob', 1, 1);
      await bob.next('offer');

      bob.send({ type: 'ack', seq: Number.MAX_SAFE_INTEGER });

      expectMembers((await bob.next('error')).json, { code: 'invalid-ack' });
      await bob.close();
      await (await t.register('bob', { acks: true })).next('offline-message');
    },
  },
  {
    name: 'a client that registered without acks cannot acknowledge',
    async run(t) {
      const bob = await t.register('bob');

      bob.send({ type: 'ack', seq: 0 });

      expectMembers((await bob.next('error')).json, { code: 'invalid-ack' });
    },
  },
  {
    name: 'an ack that comes twice or late is harmless',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];
      t.sendNumbered(alice, 'bob', 1, 2);
      const [first, second] = seqsOf(await read(bob, 2));

      for (const seq of [second, second, first]) bob.send({ type: 'ack', seq });

      await bob.nothingElse();
    },
  },
  {
    name: 'a seq that the sender chose is out of force for a client with acks',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob', { acks: true })];

      alice.send(`{"seq":1,"type":"offer","to":"${t.id('bob')}","\\u0073eq":9007199254740991}`);

      const { json } = await bob.next('offer');
      assert.notEqual(json.seq, 1);
      bob.send({ type: 'ack', seq: json.seq });
      await bob.nothingElse();
    },
  },
  {
    name: "without acks messages keep their bytes, and a seq is the sender's",
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      const sent = JSON.stringify({ type: 'offer', to: t.id('bob'), seq: 7 });

      alice.send(sent);

      expectRelayed(await bob.next('offer'), sent, t.id('alice'));
    },
  },
];
