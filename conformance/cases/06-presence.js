import { assert, expectMembers, expectTime } from '../lib/expect.js';

export const section = 'peer-status';
export const profile = 'original';

export default [
  {
    name: 'the others are told that a peer came, with its device',
    async run(t) {
      const observer = await t.register('observer');

      await t.register('bob', { deviceType: 'ios', deviceInfo: { name: 'phone', os: [17] } });

      const { json } = await observer.presence(t.id('bob'), 'online');
      expectMembers(json, { deviceType: 'ios', deviceInfo: { name: 'phone', os: [17] } });
      expectTime(json.timestamp);
    },
  },
  {
    name: 'the others are told that a peer closed its connection',
    async run(t) {
      const [observer, bob] = [await t.register('observer'), await t.register('bob')];
      await observer.presence(t.id('bob'), 'online');

      await bob.close();

      expectTime((await observer.presence(t.id('bob'), 'offline')).json.timestamp);
    },
  },
  {
    name: 'the others are told that a connection was cut',
    async run(t) {
      const [observer, bob] = [await t.register('observer'), await t.register('bob')];
      await observer.presence(t.id('bob'), 'online');

      bob.terminate();

      await observer.presence(t.id('bob'), 'offline');
    },
  },
  {
    name: 'a peer is not told of itself',
    async run(t) {
      const alice = await t.register('alice');

      await t.noPresence(alice);
    },
  },
  {
    name: 'a connection that is not registered is told of nobody',
    async run(t) {
      const [stranger, observer] = [await t.connect(), await t.register('observer')];

      await t.noPresence(observer);

      await t.registerOn(stranger, 'stranger');
      await t.noPresence(stranger);
    },
  },
  {
    section: 'get-peers',
    name: 'the list has the others with their devices, and not the asking peer',
    async run(t) {
      const [alice] = [await t.register('alice'), await t.register('bob', { deviceType: 'ios', deviceInfo: { name: 'phone' } }), await t.register('carol')];

      alice.send({ type: 'get-peers' });

      const { json } = await alice.next('peers-list');
      if (json.total > json.count) t.skip('the server has more peers than one list');
      assert.equal(json.peers.length, json.count);
      expectTime(json.timestamp);
      const find = (name) => json.peers.find(({ peerId }) => peerId === t.id(name));
      assert.equal(find('alice'), undefined);
      expectMembers(find('bob'), { deviceType: 'ios', deviceInfo: { name: 'phone' } });
      expectTime(find('bob').connectedAt);
      expectMembers(find('carol'), { deviceType: 'unknown', deviceInfo: {} });
    },
  },
  {
    section: 'get-peers',
    name: 'a peer that went is no longer in the list',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      await t.leave(bob, 'bob', alice);

      alice.send({ type: 'get-peers' });

      const { json } = await alice.next('peers-list');
      assert.equal(json.peers.find(({ peerId }) => peerId === t.id('bob')), undefined);
    },
  },
  {
    section: 'peer-status',
    name: 'a peer that is online can be asked about',
    async run(t) {
      const [alice] = [await t.register('alice'), await t.register('bob', { deviceType: 'ios', deviceInfo: { name: 'phone' } })];

      alice.send({ type: 'peer-status', peerId: t.id('bob') });

      const { json } = await alice.next('peer-status-response');
      expectMembers(json, { peerId: t.id('bob'), status: 'online', deviceType: 'ios', deviceInfo: { name: 'phone' } });
      expectTime(json.timestamp);
    },
  },
  {
    section: 'peer-status',
    name: 'a peer that is away, or never was, is offline',
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];
      await t.leave(bob, 'bob', alice);

      for (const name of ['bob', 'nobody']) {
        alice.send({ type: 'peer-status', peerId: t.id(name) });
        expectMembers((await alice.next('peer-status-response')).json, { peerId: t.id(name), status: 'offline' });
      }
    },
  },
  {
    section: 'peer-status',
    name: 'without a peerId it is answered like get-peers',
    async run(t) {
      const alice = await t.register('alice');

      alice.send({ type: 'peer-status' });

      assert.ok(Array.isArray((await alice.next('peers-list')).json.peers));
    },
  },
];
