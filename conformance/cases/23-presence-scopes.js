import { assert, expectMembers } from '../lib/expect.js';

export const section = 'register';
export const profile = 'extensions';

/** Someone comes; who is told of everybody learns it, which says that who was to be told has been. */
async function comes(t, everybody, name) {
  const client = await t.register(name);
  await everybody.presence(t.id(name), 'online');
  return client;
}

export default [
  {
    name: 'presence "all" tells of everybody',
    async run(t) {
      const observer = await t.register('observer', { presence: 'all' });

      await comes(t, observer, 'bob');
    },
  },
  {
    name: 'presence null counts as not named',
    async run(t) {
      await t.register('alice', { presence: null });
    },
  },
  {
    name: 'presence "none" tells of nobody',
    async run(t) {
      const [silent, everybody] = [await t.register('silent', { presence: 'none' }), await t.register('everybody', { presence: 'all' })];
      await comes(t, everybody, 'bob');

      await t.registerOn(silent, 'silent', { presence: 'all' }); // from here on
      await t.noPresence(silent);
    },
  },
  {
    name: 'presence "watched" tells of those who are watched',
    async run(t) {
      const watching = await t.register('watching', { presence: 'watched' });
      watching.send({ type: 'watch', peers: [t.id('sentinel')] });
      await watching.presence(t.id('sentinel'), 'offline');

      await t.register('bob');

      await t.noPresence(watching);
    },
  },
  {
    name: 'presence "related" tells of those whom messages went to or came from, or who were asked about',
    async run(t) {
      const [related, everybody] = [await t.register('related', { presence: 'related' }), await t.register('everybody', { presence: 'all' })];
      await comes(t, everybody, 'stranger');
      related.send({ type: 'offer', to: t.id('bob') });
      await related.next('peer-offline');
      related.send({ type: 'peer-status', peerId: t.id('carol') });
      await related.next('peer-status-response');

      await comes(t, everybody, 'bob');
      await comes(t, everybody, 'carol');

      await related.presence(t.id('bob'), 'online');
      await related.presence(t.id('carol'), 'online');
    },
  },
  ...[['a name that is none', 'everyone'], ['a number', 1], ['true', true], ['empty', '']].map(([what, presence]) => ({
    name: `presence that is no scope is an error: ${what}`,
    async run(t) {
      const client = await t.connect();

      client.sendWrong({ type: 'register', peerId: t.id('alice'), presence });

      expectMembers((await client.next('error')).json, { code: 'invalid-presence' });
    },
  })),
  {
    section: 'peer-status',
    name: 'a peer that is back at once is announced neither as gone nor as come',
    async run(t) {
      const observer = await t.register('observer', { presence: 'all' });
      const bob = await comes(t, observer, 'bob');

      await bob.close();
      await t.register('bob');

      await t.noPresence(observer);
    },
  },
  {
    section: 'watch, unwatch',
    name: 'watch tells how the peers are, one presence each, also of ids that nobody has',
    async run(t) {
      const watching = await t.register('watching', { presence: 'watched' });
      await t.register('bob', { deviceType: 'ios', deviceInfo: { name: 'phone' } });

      watching.send({ type: 'watch', peers: [t.id('bob'), t.id('nobody')] });

      expectMembers((await watching.presence(t.id('bob'), 'online')).json, { deviceType: 'ios', deviceInfo: { name: 'phone' } });
      await watching.presence(t.id('nobody'), 'offline');
    },
  },
  {
    section: 'watch, unwatch',
    name: 'watch tells of every change from then on',
    async run(t) {
      const watching = await t.register('watching', { presence: 'watched' });
      watching.send({ type: 'watch', peers: [t.id('bob')] });
      await watching.presence(t.id('bob'), 'offline');

      const bob = await t.register('bob');
      await watching.presence(t.id('bob'), 'online');
      await bob.close();

      await watching.presence(t.id('bob'), 'offline');
    },
  },
  {
    section: 'watch, unwatch',
    name: 'unwatch ends that, and is not answered',
    async run(t) {
      const watching = await t.register('watching', { presence: 'watched' });
      watching.send({ type: 'watch', peers: [t.id('bob'), t.id('sentinel')] });
      await watching.presence(t.id('bob'), 'offline');
      await watching.presence(t.id('sentinel'), 'offline');

      watching.send({ type: 'unwatch', peers: [t.id('bob')] });
      await watching.nothingElse();
      await t.register('bob');

      await t.noPresence(watching);
    },
  },
  ...['watch', 'unwatch'].flatMap((type) =>
    [['none', {}], ['a string', { peers: 'bob' }], ['an id that is none', { peers: [''] }], ['a number', { peers: [1] }]].map(([what, members]) => ({
      section: 'watch, unwatch',
      name: `${type} without a list of ids is an error: ${what}`,
      async run(t) {
        const alice = await t.register('alice');

        alice.sendWrong({ type, id: 'w1', ...members });

        expectMembers((await alice.next('error')).json, { code: 'invalid-peers', id: 'w1' });
      },
    })),
  ),
  {
    section: 'watch, unwatch',
    name: 'watch on a connection that is to be told of nobody is an error',
    async run(t) {
      const alice = await t.register('alice', { presence: 'none' });

      alice.send({ type: 'watch', peers: [t.id('bob')] });

      expectMembers((await alice.next('error')).json, { code: 'presence-off' });
    },
  },
  {
    section: 'get-peers',
    name: 'pages follow each other in the order of the ids, and end',
    async run(t) {
      const deviceType = t.id('type');
      const names = ['b', 'B', 'a', 'é', '🙂'];
      for (const name of names) await t.register(name, { deviceType });
      const alice = await t.register('alice', { deviceType: 'other' });

      const seen = [];
      for (let after; ; ) {
        alice.send({ type: 'get-peers', limit: 2, deviceType, ...(after && { after }) });
        const { json } = await alice.next('peers-list');
        assert.equal(json.count, json.peers.length);
        assert.ok(json.count <= 2);
        seen.push(...json.peers.map(({ peerId }) => peerId));
        if (!json.next) break;
        after = json.next;
      }

      assert.deepEqual(seen, ['B', 'a', 'b', 'é', '🙂'].map((name) => t.id(name)));
    },
  },
  {
    section: 'get-peers',
    name: 'a page says how many there are behind its beginning, and has no next where it is the last',
    async run(t) {
      const deviceType = t.id('type');
      for (const name of ['a', 'b', 'c']) await t.register(name, { deviceType });
      const alice = await t.register('alice');

      alice.send({ type: 'get-peers', limit: 1, deviceType });
      alice.send({ type: 'get-peers', limit: 1, deviceType, after: t.id('b') });

      const [first, last] = (await alice.nextOf('peers-list', 2)).map(({ json }) => json);
      expectMembers(first, { count: 1, total: 3 });
      assert.equal(typeof first.next, 'string');
      expectMembers(last, { count: 1, next: undefined });
      assert.equal(last.peers[0].peerId, t.id('c'));
    },
  },
  ...[['a limit of 0', { limit: 0, deviceType: 'x' }], ['a negative limit', { limit: -1 }], ['a fraction', { limit: 1.5 }], ['a limit in quotes', { limit: '2' }], ['an after that is no id', { after: 7 }], ['a deviceType that is no string', { deviceType: {} }]].map(
    ([what, members]) => ({
      section: 'get-peers',
      name: `a page that means nothing is an error: ${what}`,
      async run(t) {
        const alice = await t.register('alice');

        alice.sendWrong({ type: 'get-peers', ...members });

        expectMembers((await alice.next('error')).json, { code: 'invalid-page' });
      },
    }),
  ),
  {
    section: 'get-ice-servers',
    name: 'it is answered by what RTCPeerConnection takes',
    async run(t) {
      const alice = await t.register('alice');

      alice.send({ type: 'get-ice-servers' });

      const { iceServers, ttlSeconds } = (await alice.next('ice-servers')).json;
      assert.ok(ttlSeconds > 0);
      for (const { urls, username, credential } of iceServers) {
        assert.ok(urls.length > 0);
        for (const url of urls) {
          assert.match(url, /^(stuns?|turns?):/);
          if (!url.startsWith('turn')) continue;
          assert.ok(username.endsWith(`:${t.id('alice')}`), `${username} names another peer`);
          assert.ok(credential.length > 0);
        }
      }
    },
  },
];
