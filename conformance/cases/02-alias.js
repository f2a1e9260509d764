import { assert, expectMembers } from '../lib/expect.js';

export const section = 'register';
export const profile = 'original';

async function statusOf(t, asking, name) {
  asking.send({ type: 'peer-status', peerId: t.id(name) });
  return (await asking.next('peer-status-response')).json.status;
}

export default [
  {
    name: 'another id on the same connection is an alias: messages to both arrive here',
    async run(t) {
      const [phone, alice] = [await t.register('phone'), await t.register('alice')];
      await t.registerOn(phone, 'tablet');

      t.sendNumbered(alice, 'phone', 1, 1);
      t.sendNumbered(alice, 'tablet', 2, 2);

      assert.deepEqual((await phone.nextOf('offer', 2)).map(({ json }) => json.n).sort(), [1, 2]);
    },
  },
  {
    name: 'what a connection with aliases sends is from the id registered last',
    async run(t) {
      const [phone, alice] = [await t.register('phone'), await t.register('alice')];
      await t.registerOn(phone, 'tablet');

      phone.send({ type: 'offer', to: t.id('alice'), from: t.id('phone') });

      expectMembers((await alice.next('offer')).json, { from: t.id('tablet') });
    },
  },
  {
    name: 'all ids of a connection go offline with it, and each is announced',
    async run(t) {
      const [observer, phone] = [await t.register('observer'), await t.register('phone')];
      await t.registerOn(phone, 'tablet');
      for (const name of ['phone', 'tablet']) await observer.presence(t.id(name), 'online');

      await phone.close();

      const gone = [await observer.nextPresence(), await observer.nextPresence()].map(({ json }) => `${json.peerId} ${json.status}`);
      assert.deepEqual(gone.sort(), [`${t.id('phone')} offline`, `${t.id('tablet')} offline`]);
      assert.equal(await statusOf(t, observer, 'phone'), 'offline');
      assert.equal(await statusOf(t, observer, 'tablet'), 'offline');
    },
  },
];
