import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { ClientOptions, GoAway, Message, StateChange } from '../src/index.js';
import { peerIdOf, ReplacedError, SignalingClient, UnauthorizedError } from '../src/index.js';
import { FlakyLink } from './support/flaky-link.js';
import { RunningNode } from './support/node.js';

const clients: SignalingClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function create(url: string, peerId: string, options: Partial<ClientOptions> = {}): SignalingClient {
  const client = new SignalingClient({ url, peerId, WebSocket, backoff: { base: 20, max: 200 }, ...options });
  clients.push(client);
  return client;
}

async function connect(url: string, peerId: string, options: Partial<ClientOptions> = {}): Promise<SignalingClient> {
  const client = create(url, peerId, options);
  await client.connect();
  return client;
}

/** What a client gets, and when it has got so much. */
function inboxOf(client: SignalingClient) {
  const payloads: unknown[] = [];
  let wake = () => {};
  client.on('message', ({ payload }) => {
    payloads.push(payload);
    wake();
  });
  return {
    payloads,
    async have(count: number) {
      while (payloads.length < count) await new Promise<void>((resolve) => { wake = resolve; });
      return payloads;
    },
  };
}

/** A client of another kind, registered. */
async function plainClient(url: string, peerId: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'register', peerId }));
  await new Promise((resolve) => socket.once('message', resolve));
  return socket;
}

const nextState = (client: SignalingClient, state: string) =>
  new Promise<StateChange>((resolve) => client.on('state', (change) => { if (change.state === state) resolve(change); }));

describe('With a node', () => {
  let node: RunningNode;

  beforeAll(async () => { node = await RunningNode.start('Mailbox:Capacity=1000', 'Presence:OfflineGrace=00:00:00.050'); });
  afterAll(() => node.dispose());

  it('registers, and is told the limits', async () => {
    const alice = await connect(node.url, 'alice');

    expect(alice.registered).toMatchObject({ peerId: 'alice', isReconnect: false, limits: { mailboxMessages: 1000 } });
    expect(alice.state).toBe('online');
  });

  it('delivers to a peer that is here, and then has the receipt', async () => {
    const [alice, bob] = [await connect(node.url, 'alice'), create(node.url, 'bob')];
    const got: Message[] = [];
    bob.on('message', (message) => got.push(message));
    await bob.connect();

    const receipt = await alice.send('bob', { text: 'hello' });

    expect(receipt).toMatchObject({ to: 'bob', status: 'delivered' });
    expect(got).toMatchObject([{ type: 'message', from: 'alice', to: 'bob', payload: { text: 'hello' } }]);
  });

  it('has no receipt before the recipient has handled the message', async () => {
    const [alice, bob] = [await connect(node.url, 'alice'), create(node.url, 'bob')];
    let finish = () => {};
    const called = new Promise<void>((begun) => bob.on('message', () => new Promise<void>((resolve) => {
      finish = resolve;
      begun();
    })));
    await bob.connect();
    let isSettled = false;
    const sent = alice.send('bob', 1).finally(() => { isSettled = true; });
    await called;
    await alice.peers();                                            // answered after the receipt, if that had been sent
    expect(isSettled).toBe(false);

    finish();
    await expect(sent).resolves.toMatchObject({ status: 'delivered' });
  });

  it('keeps for a peer that is away', async () => {
    const alice = await connect(node.url, 'alice');
    const receipts = await Promise.all([alice.send('later', 1), alice.offer('later', 'v=0')]);
    expect(receipts.map(({ status }) => status)).toEqual(['stored', 'stored']);

    const later = create(node.url, 'later');
    const got: unknown[] = [];
    later.on('message', ({ payload, storedAt }) => got.push(payload, typeof storedAt));
    const offered = new Promise<void>((resolve) => later.on('offer', ({ sdp }) => {
      got.push(sdp);
      resolve();
    }));
    await later.connect();
    await offered;

    expect(got).toEqual([1, 'number', 'v=0']);
  });

  it('knows who is online', async () => {
    const alice = await connect(node.url, 'alice');
    for (const peerId of ['p1', 'p2', 'p3']) await connect(node.url, peerId, { deviceType: 'test' });

    expect((await alice.peers({ deviceType: 'test' })).map(({ peerId }) => peerId)).toEqual(['p1', 'p2', 'p3']);
    const pages: string[][] = [];
    for await (const page of alice.peerPages({ deviceType: 'test', limit: 2 })) pages.push(page.map(({ peerId }) => peerId));
    expect(pages).toEqual([['p1', 'p2'], ['p3']]);
    expect(await alice.peerStatus('p2')).toMatchObject({ peerId: 'p2', status: 'online', deviceType: 'test' });
    expect(await alice.peerStatus('nobody')).toMatchObject({ status: 'offline' });
    expect(await alice.iceServers()).toMatchObject({ iceServers: [] });
  });

  it('is told of the peers it watches', async () => {
    const alice = create(node.url, 'alice', { presence: 'watched' });
    const seen: string[] = [];
    let wake = () => {};
    alice.on('peer-status', ({ peerId, status }) => {
      seen.push(`${peerId} ${status}`);
      wake();
    });
    // Of two changes that wait to be told only the later one is: each is awaited.
    const told = async (count: number) => { while (seen.length < count) await new Promise<void>((resolve) => { wake = resolve; }); };
    await alice.connect();
    alice.watch('watched');
    await told(1);

    const watched = await connect(node.url, 'watched');
    await told(2);
    watched.close();
    await told(3);

    expect(seen).toEqual(['watched offline', 'watched online', 'watched offline']);
  });

  it('iterates over messages', async () => {
    const [alice, bob] = [await connect(node.url, 'alice'), create(node.url, 'bob')];
    const messages = bob.messages();
    await bob.connect();
    for (const payload of ['a', 'b', 'c']) void alice.send('bob', payload);

    const got: unknown[] = [];
    for await (const { payload } of messages) if (got.push(payload) === 3) break;

    expect(got).toEqual(['a', 'b', 'c']);
  });

  it('ends when another connection takes its id', async () => {
    const first = await connect(node.url, 'taken');
    const closed = nextState(first, 'closed');

    await connect(node.url, 'taken');

    expect((await closed).error).toBeInstanceOf(ReplacedError);
    await expect(first.send('bob', 1)).rejects.toMatchObject({ code: 'closed' });
  });

  it('rejects a message that is too large, and stays connected', async () => {
    const alice = await connect(node.url, 'alice');

    await expect(alice.send('bob', 'x'.repeat(1_000_000))).rejects.toMatchObject({ code: 'message-too-large' });

    await alice.peers();
    expect(alice.state).toBe('online');
  });

  it('goes on, in order, when it was faster than it may', async () => {
    const slow = await RunningNode.start('Limits:MessagesPerSecond=200', 'Limits:MessageBurst=100');
    try {
      const [alice, bob] = [await connect(slow.url, 'alice'), create(slow.url, 'bob')];
      const inbox = inboxOf(bob);
      await bob.connect();
      const numbers = Array.from({ length: 400 }, (_, number) => number);

      await Promise.all(numbers.map((number) => alice.send('bob', number)));

      expect(await inbox.have(400)).toEqual(numbers);
    } finally {
      await slow.dispose();
    }
  });

  it('delivers each message once and in order over a link that is cut', async () => {
    const link = await FlakyLink.open(() => node.port);
    const [alice, bob] = [await connect(link.url, 'alice'), create(link.url, 'bob')];
    const inbox = inboxOf(bob);
    await bob.connect();
    const numbers = Array.from({ length: 300 }, (_, number) => number);
    const sent = numbers.map((number) => alice.send('bob', number));

    for (const count of [20, 60, 100, 140, 180]) {
      await inbox.have(count);
      link.cut();
    }

    await Promise.all(sent);
    expect(await inbox.have(300)).toEqual(numbers);
    expect(link.connections).toBeGreaterThan(2);
    link.close();
  });

  it('notices a link that is dead, and comes back over another', async () => {
    const link = await FlakyLink.open(() => node.port);
    const alice = await connect(link.url, 'alice', { heartbeat: 50, pongTimeout: 200, connectTimeout: 1000 });
    const bob = await connect(node.url, 'bob');
    const waiting = nextState(alice, 'waiting');

    link.silence();
    const { error } = await waiting;
    const sent = alice.send('bob', 'still here');
    link.restore();

    expect(error).toMatchObject({ code: 'connection-lost' });
    await expect(sent).resolves.toMatchObject({ status: 'delivered' });
    expect(bob.state).toBe('online');
    link.close();
  });

  it('gives up when it is told to', async () => {
    const link = await FlakyLink.open(() => node.port);
    link.down();
    const giveUp = new AbortController();
    const alice = create(link.url, 'alice');
    const connected = alice.connect({ signal: giveUp.signal });
    await nextState(alice, 'waiting');

    giveUp.abort(new Error('enough'));

    await expect(connected).rejects.toThrow('enough');
    link.close();
  });
});

describe('With a node that ends', () => {
  let node: RunningNode;

  beforeAll(async () => { node = await RunningNode.start('Mailbox:Capacity=1000', 'Shutdown:ReconnectWithin=00:00:01'); });
  afterAll(() => node.dispose());

  it('delivers each message once and in order, over kills', async () => {
    const [alice, bob] = [await connect(node.url, 'alice'), create(node.url, 'bob')];
    const inbox = inboxOf(bob);
    await bob.connect();
    const numbers = Array.from({ length: 400 }, (_, number) => number);
    const sent = numbers.map((number) => alice.send('bob', number));

    for (const count of [50, 150, 250]) {
      await inbox.have(count);
      await node.kill();
      await node.start();
    }

    await Promise.all(sent);
    expect(await inbox.have(400)).toEqual(numbers);
  });

  it('sends what it was given meanwhile', async () => {
    const [alice, bob] = [await connect(node.url, 'alice'), create(node.url, 'bob')];
    const inbox = inboxOf(bob);
    await bob.connect();

    await node.kill();
    const sent = [alice.send('bob', 'a'), alice.send('bob', 'b')];
    const peers = alice.peers();
    await node.start();

    await Promise.all(sent);
    expect(await inbox.have(2)).toEqual(['a', 'b']);
    await expect(peers).resolves.toBeInstanceOf(Array);
  });

  it('recognises a message without an id that a node delivers again', async () => {
    const alice = create(node.url, 'alice');
    const payloads: unknown[] = [];
    let finish = () => {};
    const begun = new Promise<void>((resolve) => alice.on('message', ({ payload }) => {
      payloads.push(payload);
      resolve();
      return payloads.length === 1 ? new Promise<void>((done) => { finish = done; }) : undefined;
    }));
    await alice.connect();
    const phone = await plainClient(node.url, 'phone');
    phone.send(JSON.stringify({ type: 'message', to: 'alice', payload: 'once' }));
    await begun;

    const waiting = nextState(alice, 'waiting');
    await node.stop();                                              // it keeps what was not acknowledged
    await waiting;
    await node.start();
    await alice.connect();
    finish();
    const bob = await connect(node.url, 'bob');
    await bob.send('alice', 'after');

    expect(payloads).toEqual(['once', 'after']);
  });

  it('comes back after a planned end, when it was told to', async () => {
    const alice = await connect(node.url, 'alice');
    const told = new Promise<GoAway>((resolve) => alice.on('goaway', resolve));
    const waiting = nextState(alice, 'waiting');

    await node.stop();
    const { reconnectAfterMs } = await told;
    expect(await waiting).toMatchObject({ retryInMs: reconnectAfterMs, error: { closeCode: 1012 } });
    await node.start();

    await expect(alice.connect()).resolves.toMatchObject({ peerId: 'alice' });
  });
});

describe('With a node that asks for tokens', () => {
  const secret = 'a secret of the tests, 32 bytes or more';
  let node: RunningNode;

  beforeAll(async () => { node = await RunningNode.start('Auth:Mode=Jwt', `Auth:Jwt:Secret=${secret}`, 'Auth:Jwt:ClockSkew=00:00:00'); });
  afterAll(() => node.dispose());

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (sub: string, seconds = 600, signedWith = secret) => {
    const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, exp: Math.floor(Date.now() / 1000) + seconds })}`;
    return `${text}.${createHmac('sha256', signedWith).update(text).digest('base64url')}`;
  };

  it('shows a token', async () => {
    const alice = await connect(node.url, 'alice', { token: token('alice') });

    expect(alice.registered?.expiresAt).toBeGreaterThan(Date.now());
  });

  it.each([
    ['unauthorized', { token: token('alice', 600, 'another secret, 32 bytes or more, too') }],
    ['auth-required', {}],
  ])('ends when the answer is %s', async (code, options) => {
    const connected = create(node.url, 'alice', options).connect();

    await expect(connected).rejects.toBeInstanceOf(UnauthorizedError);
    await expect(connected).rejects.toMatchObject({ code });
  });

  it('ends when its token expires', async () => {
    const alice = await connect(node.url, 'alice', { token: token('alice', 2) });

    expect((await nextState(alice, 'closed')).error).toMatchObject({ name: 'UnauthorizedError', code: 'auth-expired' });
  });

  it('stays when there are new tokens', async () => {
    const lives = [3, 600];
    let renew = () => {};
    const renewed = new Promise<void>((resolve) => { renew = resolve; });
    const alice = create(node.url, 'alice', {
      token: () => {
        if (lives.length === 1) renew();
        return token('alice', lives.shift());
      },
    });
    const states: string[] = [];
    alice.on('state', ({ state }) => states.push(state));
    await alice.connect();

    await renewed;
    const bob = await connect(node.url, 'bob', { token: token('bob') });
    await bob.send('alice', 'still here?');

    expect(states).toEqual(['connecting', 'online']);
  });
});

describe('With a node that binds ids to keys', () => {
  let node: RunningNode;

  beforeAll(async () => { node = await RunningNode.start('Auth:Mode=Keys', 'Auth:Keys:Audiences:0=127.0.0.1'); });
  afterAll(() => node.dispose());

  it.each([
    ['Ed25519', { name: 'Ed25519' }],
    ['ES256', { name: 'ECDSA', namedCurve: 'P-256' }],
  ])('proves its id with %s, also after a kill', async (_, algorithm) => {
    const key = (await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as CryptoKeyPair;
    const alice = await connect(node.url, await peerIdOf(key), { key });
    const waiting = nextState(alice, 'waiting');

    await node.kill();
    await waiting;
    await node.start();

    await expect(alice.connect()).resolves.toMatchObject({ peerId: expect.stringMatching(/^key:/) });
  });

  it('is not let in with the key of another', async () => {
    const [own, other] = await Promise.all([1, 2].map(async () => (await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])) as CryptoKeyPair));

    const connected = create(node.url, await peerIdOf(own!), { key: other! }).connect();

    await expect(connected).rejects.toMatchObject({ name: 'UnauthorizedError', code: 'unauthorized' });
  });
});
