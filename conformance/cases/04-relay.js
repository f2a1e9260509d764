import { assert, expectError, expectMembers, expectRelayed, expectTime } from '../lib/expect.js';

export const section = 'offer, answer, ice-candidate, …';
export const profile = 'original';

export const RELAYED = ['offer', 'answer', 'ice-candidate', 'ice-candidates', 'pairing:request', 'pairing:confirmation', 'pairing:reject', 'error'];

const pair = async (t) => [await t.register('alice'), await t.register('bob')];

/** A case that sends a text to bob and expects it to the letter; `members` stand behind type and to. */
const keeps = (what, members) => ({
  name: `${what} kept to the letter`,
  async run(t) {
    const [alice, bob] = await pair(t);
    const sent = `{"type":"offer","to":"${t.id('bob')}",${members}}`;

    alice.send(sent);

    expectRelayed(await bob.next('offer'), sent, t.id('alice'));
  },
});

const forged = (what, text) => ({
  name: `a forged from is replaced: ${what}`,
  async run(t) {
    const [alice, bob] = await pair(t);

    alice.send(text(t.id('bob')));

    const offer = await bob.next('offer');
    expectMembers(offer.json, { from: t.id('alice'), n: 1 });
    assert.ok(!offer.text.includes('mallory'), `the forged id is still there: ${offer}`);
  },
});

export default [
  ...RELAYED.map((type) => ({
    name: `${type} is relayed with from`,
    async run(t) {
      const [alice, bob] = await pair(t);
      const sent = JSON.stringify({ type, to: t.id('bob'), sdp: 'v=0\r\n', candidate: null, candidates: [{ sdpMid: '0' }], error: 'x', code: '482913' });

      alice.send(sent);

      expectRelayed(await bob.next(type), sent, t.id('alice'));
      await alice.nothingElse();
    },
  })),
  keeps('unknown members and their order are', '"z":1,"a":{"from":"nested","to":[{"type":"nested"}]},"":"","__proto__":{"x":1},"constructor":[]'),
  keeps('the spelling of numbers is', '"numbers":[1.0,1e2,-0,12345678901234567890,0.1000000000000000055511151231257827,1E+400]'),
  keeps('escapes are', '"text":"\\u00e9\\/\\ud83d\\ude00\\u0000\\b\\"","\\u006bey":1'),
  keeps('an unpaired surrogate is', '"text":"\\ud800"'),
  keeps('text beyond ASCII is', '"text":"é漢🙂\u2028"'),
  keeps('a message of 500 KB is', `"sdp":"${'v'.repeat(500_000)}"`),
  forged('plain', (to) => `{"type":"offer","to":"${to}","from":"mallory","n":1}`),
  forged('twice', (to) => `{"from":"mallory","type":"offer","to":"${to}","n":1,"from":"mallory"}`),
  forged('with escapes in its key', (to) => `{"type":"offer","\\u0066rom":"mallory","to":"${to}","n":1}`),
  forged('of another type', (to) => `{"type":"offer","to":"${to}","from":{"id":"mallory"},"n":1}`),
  {
    name: 'of repeated keys the last one counts',
    async run(t) {
      const [alice, bob] = await pair(t);
      const carol = await t.register('carol');

      alice.send(`{"type":"answer","to":"${t.id('carol')}","n":1,"type":"offer","to":"${t.id('bob')}"}`);

      expectMembers((await bob.next('offer')).json, { to: t.id('bob'), n: 1 });
      await t.nothingRelayed(alice, carol, 'carol');
    },
  },
  {
    name: 'a peer may send to itself',
    async run(t) {
      const alice = await t.register('alice');
      const sent = JSON.stringify({ type: 'offer', to: t.id('alice') });

      alice.send(sent);

      expectRelayed(await alice.next('offer'), sent, t.id('alice'));
    },
  },
  {
    name: 'messages of one sender to one recipient arrive in the order sent',
    async run(t) {
      const [alice, bob] = await pair(t);

      t.sendNumbered(alice, 'bob', 1, 200);

      assert.deepEqual((await bob.nextOf('offer', 200)).map(({ json }) => json.n), Array.from({ length: 200 }, (_, index) => index + 1));
    },
  },
  {
    name: 'a binary message that holds UTF-8 is read like text, and relayed as text',
    async run(t) {
      const [alice, bob] = await pair(t);
      const sent = JSON.stringify({ type: 'offer', to: t.id('bob'), text: 'é' });

      alice.sendBytes(Buffer.from(sent), { binary: true });

      expectRelayed(await bob.next('offer'), sent, t.id('alice'));
    },
  },
  ...RELAYED.filter((type) => type !== 'error').map((type) => ({
    name: `${type} without to is an error`,
    async run(t) {
      const alice = await t.register('alice');

      for (const to of [undefined, '', null]) {
        alice.sendWrong({ type, to });
        await expectError(alice, 'Missing "to" field');
      }
    },
  })),
  ...['registered', 'receipt', 'offline-message', 'peer-offline', 'peers-list', 'pong', 'server-shutdown', 'peer-status-response'].map((type) => ({
    name: `${type}, which only the server sends, is not relayed`,
    async run(t) {
      const [alice, bob] = await pair(t);

      alice.sendWrong({ type, to: t.id('bob'), peerId: t.id('bob') });

      await expectError(alice, `Unknown message type: ${type}`);
      await t.nothingRelayed(alice, bob, 'bob');
    },
  })),
  {
    section: 'message',
    name: 'a message is relayed with from, and gets a timestamp',
    async run(t) {
      const [alice, bob] = await pair(t);

      alice.send({ type: 'message', to: t.id('bob'), payload: { text: 'hello' }, extra: [1] });

      const { json } = await bob.next('message');
      expectMembers(json, { from: t.id('alice'), to: t.id('bob'), payload: { text: 'hello' }, extra: [1] });
      expectTime(json.timestamp);
    },
  },
  {
    section: 'message',
    name: 'a timestamp that its sender set is kept',
    async run(t) {
      const [alice, bob] = await pair(t);
      const sent = JSON.stringify({ type: 'message', to: t.id('bob'), payload: 0, timestamp: '2026-01-01T00:00:00Z' });

      alice.send(sent);

      expectRelayed(await bob.next('message'), sent, t.id('alice'));
    },
  },
  ...[['no payload', {}], ['null for a payload', { payload: null }], ['false for a payload', { payload: false }]].map(([what, members]) => ({
    section: 'message',
    name: `${what} is an error`,
    async run(t) {
      const [alice, bob] = await pair(t);

      alice.sendWrong({ type: 'message', to: t.id('bob'), ...members });

      await expectError(alice, 'Missing "to" or "payload" field');
      await t.nothingRelayed(alice, bob, 'bob');
    },
  })),
  {
    section: 'message',
    name: 'no to is an error',
    async run(t) {
      const alice = await t.register('alice');

      alice.sendWrong({ type: 'message', payload: 1 });

      await expectError(alice, 'Missing "to" or "payload" field');
    },
  },
];
