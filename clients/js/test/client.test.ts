import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientOptions, StateChange } from '../src/index.js';
import { ClosedError, RefusedError, ReplacedError, SignalingClient, UnauthorizedError } from '../src/index.js';
import { FakeSocket } from './support/fake-socket.js';

let client: SignalingClient;
let states: StateChange[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  FakeSocket.made = [];
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function create(options: Partial<ClientOptions> = {}): SignalingClient {
  client = new SignalingClient({ url: 'ws://node.example.org/', peerId: 'alice', WebSocket: FakeSocket, ...options });
  states = [];
  client.on('state', (change) => states.push(change));
  return client;
}

/** A client that is online. */
async function online(options: Partial<ClientOptions> = {}): Promise<FakeSocket> {
  const connected = create(options).connect();
  await FakeSocket.last.register();
  await connected;
  return FakeSocket.last;
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('Registration', () => {
  it('asks for acknowledgements, and tells what the application said of the device', async () => {
    const socket = await online({ deviceType: 'web', deviceInfo: { name: 'laptop' }, presence: 'watched' });

    expect(socket.sent).toEqual([{ type: 'register', peerId: 'alice', acks: true, deviceType: 'web', deviceInfo: { name: 'laptop' }, presence: 'watched', id: 'register' }]);
  });

  it('asks for a token each time', async () => {
    let count = 0;
    const socket = await online({ token: async () => `token-${++count}` });
    expect(socket.of('register')[0].token).toBe('token-1');

    socket.end();
    await pass(250);
    FakeSocket.last.open();
    await pass(0);
    expect(FakeSocket.last.of('register')[0].token).toBe('token-2');
  });

  it('is renewed with a new token before the old one expires', async () => {
    let count = 0;
    const connected = create({ token: () => `token-${++count}`, heartbeat: 10_000_000 }).connect();
    await FakeSocket.last.register({ serverTime: 1_000_000, expiresAt: 1_100_000 });
    await FakeSocket.last.register({ serverTime: 1_000_000, expiresAt: 1_100_000 });
    await connected;

    await pass(80_000);

    expect(FakeSocket.last.of('register').map(({ token }) => token)).toContain('token-2');
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('is tried again when there is no token, and the application is told why', async () => {
    const errors: unknown[] = [];
    let isBroken = true;
    create({ token: () => { if (isBroken) throw new Error('no network'); return 'token'; } });
    client.on('error', (error) => errors.push(error));
    const connected = client.connect();
    FakeSocket.last.open();
    await pass(0);
    expect(errors).toMatchObject([{ message: 'no network' }]);

    isBroken = false;
    await pass(250);
    await FakeSocket.last.register();
    await expect(connected).resolves.toMatchObject({ node: 'run-1' });
  });

  it.each(['auth-unavailable', 'rate-limited'])('is tried again after retryAfterMs when it was answered %s', async (code) => {
    create();
    void client.connect();
    FakeSocket.last.open();
    FakeSocket.last.receive({ type: 'error', code, error: 'Later', id: 'register', retryAfterMs: 7000 });
    expect(states.at(-1)).toMatchObject({ state: 'waiting', retryInMs: 7000, error: { code } });

    await pass(6999);
    expect(FakeSocket.made).toHaveLength(1);
    await pass(1);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('is not tried again when the node refuses it', async () => {
    const connected = create().connect();
    FakeSocket.last.open();
    FakeSocket.last.receive({ type: 'error', code: 'invalid-peer-id', error: 'peerId is required …', id: 'register' });

    await expect(connected).rejects.toThrow(RefusedError);
    await expect(connected).rejects.toMatchObject({ code: 'invalid-peer-id' });
    await pass(100_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('is given up with the signal', async () => {
    const giveUp = new AbortController();
    const connected = create().connect({ signal: giveUp.signal });
    const sent = client.send('bob', 1);
    FakeSocket.last.end();

    giveUp.abort(new Error('enough'));

    await expect(connected).rejects.toThrow('enough');
    await expect(sent).rejects.toThrow(ClosedError);
    expect(client.state).toBe('closed');
  });

  it('has to come in time', async () => {
    void create({ connectTimeout: 5000 }).connect();

    await pass(5000);

    expect(states.at(-1)).toMatchObject({ state: 'waiting', error: { code: 'connection-lost' } });
  });
});

describe('Reconnection', () => {
  it('waits twice as long after each failure, up to a limit', async () => {
    create({ backoff: { base: 100, max: 1000 } });
    void client.connect();
    for (let i = 0; i < 6; i++) {
      FakeSocket.last.end();
      await pass(500);
    }

    expect(states.filter(({ state }) => state === 'waiting').map(({ retryInMs }) => retryInMs)).toEqual([50, 100, 200, 400, 500, 500]);
  });

  it('begins anew with short waits after a connection that held', async () => {
    const socket = await online({ backoff: { base: 100, max: 1000 } });
    socket.end();
    await pass(50);
    await FakeSocket.last.register();
    await pass(5000);

    FakeSocket.last.end();

    expect(states.at(-1)!.retryInMs).toBe(50);
  });

  it('waits at random below the limit', async () => {
    vi.mocked(Math.random).mockReturnValueOnce(0.01);
    const socket = await online({ backoff: { base: 1000 } });

    socket.end();

    expect(states.at(-1)!.retryInMs).toBe(10);
  });

  it('comes when the node that goes away says', async () => {
    const socket = await online();
    const told: unknown[] = [];
    client.on('goaway', (goAway) => told.push(goAway));

    socket.receive({ type: 'goaway', reason: 'restart', reconnectAfterMs: 4321 });
    socket.end(1012, 'restart');

    expect(told).toMatchObject([{ reason: 'restart' }]);
    await pass(4320);
    expect(FakeSocket.made).toHaveLength(1);
    await pass(1);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('comes at once where the application says so', async () => {
    const socket = await online({ backoff: { base: 60_000, max: 60_000 } });
    socket.end();

    client.reconnectNow();
    client.reconnectNow();

    expect(FakeSocket.made).toHaveLength(2);
  });

  it('comes at once when the device is online again, and not before', async () => {
    const device = stubDevice();
    const socket = await online();
    device.navigator.onLine = false;
    socket.end();
    await pass(100_000);
    expect(FakeSocket.made).toHaveLength(1);

    device.navigator.onLine = true;
    device.events.dispatchEvent(new Event('online'));
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('is put off when the device goes offline while waiting', async () => {
    const device = stubDevice();
    const socket = await online();
    socket.end();
    device.events.dispatchEvent(new Event('offline'));

    await pass(100_000);

    expect(FakeSocket.made).toHaveLength(1);
  });

  it('comes at once when somebody looks', async () => {
    const device = stubDevice();
    const socket = await online({ backoff: { base: 60_000, max: 60_000 } });
    socket.end();
    device.document.visibilityState = 'hidden';
    device.document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSocket.made).toHaveLength(1);

    device.document.visibilityState = 'visible';
    device.document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('leaves the device alone when it is over', async () => {
    const device = stubDevice();
    await online();
    client.close();

    device.events.dispatchEvent(new Event('online'));

    expect(FakeSocket.made).toHaveLength(1);
  });

  it('does not come when another connection took the id', async () => {
    const socket = await online();
    const sent = client.send('bob', 1);

    socket.end(1000, 'replaced');

    await expect(sent).rejects.toMatchObject({ code: 'closed', cause: expect.any(ReplacedError) });
    expect(states.at(-1)).toMatchObject({ state: 'closed', error: { code: 'replaced' } });
    await pass(100_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('comes when its own registration, given up before, reached the node late', async () => {
    create();
    void client.connect();
    FakeSocket.last.open();
    await pass(10_000);
    await pass(250);
    await FakeSocket.last.register();

    FakeSocket.last.end(1000, 'replaced');
    expect(client.state).toBe('waiting');

    await pass(500);
    await FakeSocket.last.register();
    FakeSocket.last.end(1000, 'replaced');
    expect(states.at(-1)).toMatchObject({ state: 'closed', error: { code: 'replaced' } });
  });

  it('comes when a proxy ends the connection normally', async () => {
    const socket = await online();

    socket.end(1000);

    expect(client.state).toBe('waiting');
  });

  it('does not come when the node does not let the client in', async () => {
    const socket = await online();

    socket.receive({ type: 'error', code: 'auth-expired', error: 'The token has expired' });
    socket.end(4003, 'token expired');

    expect(states.at(-1)!.error).toBeInstanceOf(UnauthorizedError);
    expect(states.at(-1)!.error).toMatchObject({ code: 'auth-expired', message: 'The token has expired' });
  });

  it('comes when a token has expired and there are others', async () => {
    const socket = await online({ token: () => 'token' });

    socket.end(4003, 'token expired');

    expect(client.state).toBe('waiting');
  });

  it('does not come when a listener has ended it', async () => {
    const socket = await online();
    client.on('state', ({ state }) => { if (state === 'connecting') client.close(); });
    socket.end();

    await pass(100_000);

    expect(FakeSocket.made).toHaveLength(1);
    expect(client.state).toBe('closed');
  });

  it('comes again after an end, when asked to', async () => {
    const socket = await online();
    socket.end(1000, 'replaced');

    const connected = client.connect();
    await FakeSocket.last.register();

    await expect(connected).resolves.toBeDefined();
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('is not confused by what the connection before says late', async () => {
    const socket = await online();
    socket.receive({ type: 'goaway', reason: '', reconnectAfterMs: 0 });
    await pass(25_000);
    await pass(10_000);
    await pass(1000);
    await FakeSocket.last.register();
    expect(FakeSocket.made).toHaveLength(2);

    socket.receive({ type: 'message', from: 'bob', to: 'alice', payload: 'late', timestamp: 0 });
    socket.end(1000, 'replaced');

    expect(client.state).toBe('online');
  });
});

describe('Heartbeat', () => {
  it('pings a silent node, and lets it go when it does not answer', async () => {
    const socket = await online({ pongTimeout: 4000 });
    await pass(24_999);
    expect(socket.of('ping')).toHaveLength(0);
    await pass(1);
    expect(socket.of('ping')).toHaveLength(1);
    await pass(3999);
    expect(client.state).toBe('online');

    await pass(1);

    expect(states.at(-1)).toMatchObject({ state: 'waiting', error: { code: 'connection-lost', reason: 'The node gives no sign of life' } });
  });

  it('takes any frame for a sign of life', async () => {
    const socket = await online();
    for (let i = 0; i < 10; i++) {
      await pass(20_000);
      socket.receive({ type: 'pong' });
    }
    expect(socket.of('ping')).toHaveLength(0);

    await pass(25_000);
    socket.receive({ type: 'peer-status', peerId: 'bob', status: 'online' });
    await pass(24_000);
    expect(client.state).toBe('online');
  });

  it('is brought forward by the application, and by the device', async () => {
    const device = stubDevice();
    const socket = await online();

    client.reconnectNow();
    device.events.dispatchEvent(new Event('offline'));
    expect(socket.of('ping')).toHaveLength(1);

    await pass(10_000);
    expect(client.state).toBe('waiting');
  });
});

describe('Messages', () => {
  const settle = (socket: FakeSocket) => socket.of('message').forEach(({ id, to }) => socket.receive({ type: 'receipt', id, to, status: 'delivered' }));

  it('wait for the connection', async () => {
    create();
    const sent = client.send('bob', 'hello');
    void client.connect();
    expect(client.pending).toBe(1);

    await FakeSocket.last.register();
    expect(FakeSocket.last.of('message')).toMatchObject([{ to: 'bob', payload: 'hello', receipt: true }]);
    settle(FakeSocket.last);
    await expect(sent).resolves.toMatchObject({ status: 'delivered' });
  });

  it('are sent again over the next connection, while they have no receipt', async () => {
    const socket = await online();
    const sent = client.send('bob', 'hello');
    socket.end();
    await pass(250);
    await FakeSocket.last.register();

    expect(FakeSocket.last.of('message')[0].id).toBe(socket.of('message')[0].id);
    settle(FakeSocket.last);
    await expect(sent).resolves.toBeDefined();
  });

  it('are sent again when a rate limit is over', async () => {
    const socket = await online();
    void client.send('bob', 'hello');
    socket.receive({ type: 'error', code: 'rate-limited', error: 'Too fast', id: socket.of('message')[0].id, retryAfterMs: 300 });

    await pass(299);
    expect(socket.of('message')).toHaveLength(1);
    await pass(1);
    expect(socket.of('message')).toHaveLength(2);
  });

  it('of every kind have the members of the protocol', async () => {
    const socket = await online();
    void client.offer('bob', 'v=0');
    void client.answer('bob', 'v=1');
    void client.candidate('bob', { candidate: 'one' });
    void client.candidate('bob', null);
    void client.candidate('bob', [{ candidate: 'one' }, { candidate: 'two' }]);
    void client.relay('bob', 'pairing:request', { code: '482913', from: 'x' });

    expect(socket.sent.slice(1)).toMatchObject([
      { type: 'offer', to: 'bob', sdp: 'v=0' },
      { type: 'answer', sdp: 'v=1' },
      { type: 'ice-candidate', candidate: { candidate: 'one' } },
      { type: 'ice-candidate', candidate: null },
      { type: 'ice-candidates', candidates: [{ candidate: 'one' }, { candidate: 'two' }] },
      { type: 'pairing:request', code: '482913' },
    ]);
  });

  it('reach the listeners of their type, and are acknowledged when those are done', async () => {
    const socket = await online();
    let finish = () => {};
    client.on('message', () => new Promise<void>((resolve) => { finish = resolve; }));
    const errors: unknown[] = [];
    client.on('peer-error', ({ error }) => errors.push(error));

    socket.receive({ type: 'message', from: 'bob', to: 'alice', payload: 1, timestamp: 0, seq: 5 });
    socket.receive({ type: 'error', from: 'bob', to: 'alice', error: 'camera is in use', seq: 6 });
    await pass(0);
    expect(socket.of('ack')).toEqual([]);

    finish();
    await pass(0);
    expect(errors).toEqual(['camera is in use']);
    expect(socket.of('ack').at(-1)).toEqual({ type: 'ack', seq: 6, peerId: 'alice' });
  });

  it('are handled, and an error, where a listener throws', async () => {
    const socket = await online();
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    client.on('message', () => Promise.reject(new Error('no disk')));

    socket.receive({ type: 'message', from: 'bob', to: 'alice', payload: 1, timestamp: 0, seq: 5 });
    await pass(0);

    expect(errors).toMatchObject([{ message: 'no disk' }]);
    expect(socket.of('ack')).toHaveLength(1);
  });

  it('are acknowledged again when the acknowledgement came too fast for the node', async () => {
    const socket = await online();
    socket.receive({ type: 'message', from: 'bob', to: 'alice', payload: 1, timestamp: 0, seq: 5 });
    await pass(0);

    socket.receive({ type: 'error', code: 'rate-limited', error: 'Too fast', retryAfterMs: 40 });
    await pass(40);

    expect(socket.of('ack').map(({ seq }) => seq)).toEqual([5, 5]);
  });

  it('come out of an iterator, and are acknowledged when the next one is asked for', async () => {
    const socket = await online();
    const messages = client.messages();
    socket.receive({ type: 'message', from: 'bob', to: 'alice', payload: 'a', timestamp: 0, seq: 5 });
    socket.receive({ type: 'message', from: 'bob', to: 'alice', payload: 'b', timestamp: 0, seq: 6 });

    expect((await messages.next()).value?.payload).toBe('a');
    await pass(0);
    expect(socket.of('ack')).toEqual([]);

    const next = messages.next();
    await pass(0);
    expect((await next).value?.payload).toBe('b');
    expect(socket.of('ack').map(({ seq }) => seq)).toEqual([5]);

    await messages.return();
    await pass(0);
    expect(socket.of('ack').map(({ seq }) => seq)).toEqual([5, 6]);
  });

  it('end with the signal of their iterator', async () => {
    await online();
    const stop = new AbortController();
    const next = client.messages('offer', { signal: stop.signal }).next();

    stop.abort();

    await expect(next).resolves.toEqual({ done: true, value: undefined });
  });
});

describe('Questions', () => {
  it('get the answers of their kind in their order, also past one that was given up', async () => {
    const socket = await online();
    const giveUp = new AbortController();
    const first = client.peers({ deviceType: 'ios', signal: giveUp.signal });
    const second = client.peers();
    const ice = client.iceServers();
    giveUp.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');

    socket.receive({ type: 'ice-servers', iceServers: [], ttlSeconds: 60 });
    socket.receive({ type: 'peers-list', peers: [{ peerId: 'ios' }], count: 1 });
    socket.receive({ type: 'peers-list', peers: [{ peerId: 'all' }], count: 1 });

    await expect(second).resolves.toEqual([{ peerId: 'all' }]);
    await expect(ice).resolves.toMatchObject({ ttlSeconds: 60 });
  });

  it('are asked page by page', async () => {
    const socket = await online();
    const peers = client.peers();

    socket.receive({ type: 'peers-list', peers: [{ peerId: 'a' }], count: 1, next: 'a' });
    await pass(0);
    expect(socket.of('get-peers')).toMatchObject([{ limit: 1000 }, { limit: 1000, after: 'a' }]);
    socket.receive({ type: 'peers-list', peers: [{ peerId: 'b' }], count: 1 });

    await expect(peers).resolves.toEqual([{ peerId: 'a' }, { peerId: 'b' }]);
  });

  it('are asked again over the next connection', async () => {
    const socket = await online();
    const status = client.peerStatus('bob');
    socket.end();
    await pass(250);
    await FakeSocket.last.register();
    expect(FakeSocket.last.of('peer-status')).toMatchObject([{ peerId: 'bob' }]);

    FakeSocket.last.receive({ type: 'peer-status-response', peerId: 'carol', status: 'offline' });
    FakeSocket.last.receive({ type: 'peer-status-response', peerId: 'bob', status: 'online' });

    await expect(status).resolves.toMatchObject({ peerId: 'bob', status: 'online' });
  });

  it('are asked again when a rate limit is over, behind those asked meanwhile', async () => {
    const socket = await online();
    const first = client.peers({ deviceType: 'first' });
    socket.receive({ type: 'error', code: 'rate-limited', error: 'Too fast', id: socket.of('get-peers')[0].id, retryAfterMs: 100 });
    const second = client.peers({ deviceType: 'second' });
    const third = client.peers({ deviceType: 'third' });
    socket.receive({ type: 'peers-list', peers: [{ peerId: '2' }], count: 1 });
    await pass(100);
    expect(socket.of('get-peers').map(({ deviceType }) => deviceType)).toEqual(['first', 'second', 'third', 'first']);

    socket.receive({ type: 'peers-list', peers: [{ peerId: '3' }], count: 1 });
    socket.receive({ type: 'peers-list', peers: [{ peerId: '1' }], count: 1 });

    await expect(Promise.all([first, second, third])).resolves.toEqual([[{ peerId: '1' }], [{ peerId: '2' }], [{ peerId: '3' }]]);
  });

  it('are rejected with what the node refuses them for', async () => {
    const socket = await online();
    const status = client.peerStatus('bob');

    socket.receive({ type: 'error', code: 'out-of-reach', error: 'No', id: socket.of('peer-status')[0].id });

    await expect(status).rejects.toMatchObject({ name: 'RefusedError', code: 'out-of-reach' });
  });

  it('are rejected at the end', async () => {
    await online();
    const peers = client.peers();
    client.close();

    await expect(peers).rejects.toThrow(ClosedError);
    await expect(client.iceServers()).rejects.toThrow(ClosedError);
  });
});

describe('Watching', () => {
  it('goes on over the next connection', async () => {
    const socket = await online();
    client.watch('bob', 'carol');
    client.unwatch('carol');
    expect(socket.sent.slice(1)).toEqual([{ type: 'watch', peers: ['bob', 'carol'] }, { type: 'unwatch', peers: ['carol'] }]);

    socket.end();
    await pass(250);
    await FakeSocket.last.register();

    expect(FakeSocket.last.of('watch')).toEqual([{ type: 'watch', peers: ['bob'] }]);
  });
});

/** What a browser has, and Node has not. */
function stubDevice() {
  const events = new EventTarget();
  const device = { events, navigator: { onLine: true }, document: Object.assign(new EventTarget(), { visibilityState: 'visible' }) };
  vi.stubGlobal('navigator', device.navigator);
  vi.stubGlobal('document', device.document);
  vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
  vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events));
  return device;
}
