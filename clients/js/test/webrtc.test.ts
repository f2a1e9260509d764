import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Offer } from '../src/protocol.js';
import { PeerConnection, type PeerConnectionOptions } from '../src/webrtc.js';
import { type FakeClient, FakePeerConnection, FakeSignaling } from './support/fake-webrtc.js';

let signaling: FakeSignaling;
let [alice, bob]: FakeClient[] = [];
let connections: PeerConnection[];
let errors: unknown[];

beforeEach(() => {
  FakePeerConnection.made = [];
  signaling = new FakeSignaling();
  [alice, bob] = [signaling.client('alice'), signaling.client('bob')];
  [connections, errors] = [[], []];
});

afterEach(() => {
  for (const connection of connections) connection.close();
  expect(errors).toEqual([]);
  vi.useRealTimers();
});

function connect(client: FakeClient, peerId: string, options: Partial<PeerConnectionOptions> = {}): PeerConnection {
  const connection = new PeerConnection(client, peerId, {
    setup: (made) => (made as unknown as FakePeerConnection).add(),
    RTCPeerConnection: FakePeerConnection as never,
    onError: (error) => errors.push(error),
    ...options,
  });
  connections.push(connection);
  return connection;
}

const setupNothing = () => {};
const fakeOf = (connection: PeerConnection) => connection.connection as unknown as FakePeerConnection;
const types = () => signaling.log.map(({ from, type }) => `${from} ${type}`);

/** Two sides that have negotiated, of which alice's began. */
async function connected(): Promise<[PeerConnection, PeerConnection]> {
  const sides: [PeerConnection, PeerConnection] = [connect(alice!, 'bob'), connect(bob!, 'alice', { setup: setupNothing })];
  await signaling.deliver();
  for (const side of sides) fakeOf(side).become('connected');
  signaling.log.length = 0;
  return sides;
}

const isSettled = (side: PeerConnection) => fakeOf(side).signalingState === 'stable' && fakeOf(side).remoteDescription !== null;

describe('Negotiation', () => {
  it('is an offer and an answer', async () => {
    const sides = [connect(alice!, 'bob'), connect(bob!, 'alice', { setup: setupNothing })];

    await signaling.deliver();

    expect(types()).toEqual(['alice offer', 'bob answer']);
    expect(sides.map(isSettled)).toEqual([true, true]);
  });

  it('begins with the offer that was there before', async () => {
    connect(alice!, 'bob');
    let answering: PeerConnection | undefined;
    bob!.on('offer', (offer: Offer) => { answering ??= connect(bob!, 'alice', { offer, setup: setupNothing }); });

    await signaling.deliver();

    expect(types()).toEqual(['alice offer', 'bob answer']);
    expect(isSettled(answering!)).toBe(true);
  });

  it('of both sides at once lets the one with the smaller id yield', async () => {
    signaling.isLive = false;
    const sides = [connect(alice!, 'bob'), connect(bob!, 'alice')];
    await signaling.deliver(0);
    expect(types()).toEqual(['alice offer', 'bob offer']);
    const [before, kept] = sides.map(fakeOf);

    await signaling.deliver();

    // alice's connection makes room for another one: a first offer that is rolled back can leave a browser without candidates
    expect(before!.signalingState).toBe('closed');
    expect(FakePeerConnection.made).toEqual([before, kept, fakeOf(sides[0]!)]);
    expect(FakePeerConnection.made.map(({ rollbacks }) => rollbacks)).toEqual([0, 0, 0]);
    expect(sides.map(isSettled)).toEqual([true, true]);
    // alice answers, and then still has what she wanted to offer
    expect(types().slice(2)).toEqual(['alice answer', 'alice offer', 'bob answer']);
  });

  it('of both sides at once is one of the same two connections, as far as the other side knows', async () => {
    signaling.isLive = false;
    connect(alice!, 'bob');
    connect(bob!, 'alice');

    await signaling.deliver();

    const ids = (peerId: string) => new Set(signaling.log.filter(({ from }) => from === peerId).map(({ connectionId }) => connectionId));
    expect([ids('alice').size, ids('bob').size]).toEqual([1, 1]);
  });

  it.each(['fails', 'never ends'])('does not mind that an offer of the connection that made room %s', async (end) => {
    signaling.isLive = false;
    let fail = (_: Error) => {};
    const setup = vi.fn((made: RTCPeerConnection) => (made as unknown as FakePeerConnection).add())
      .mockImplementationOnce((made) => {
        vi.spyOn(made, 'setLocalDescription').mockReturnValue(new Promise((_, reject) => { fail = reject; }));
        (made as unknown as FakePeerConnection).add();
      });
    const yielding = connect(alice!, 'bob', { candidateDelay: 0, setup });
    connect(bob!, 'alice');
    await signaling.deliver(0);
    const before = fakeOf(yielding);
    before.gather('of the connection that makes room');
    expect(types()).toEqual(['bob offer']);

    await signaling.deliver();
    if (end === 'fails') fail(new Error('Closed'));
    before.gather('of the connection that made room');
    await signaling.deliver();
    expect(types()).toEqual(['bob offer', 'alice answer', 'alice offer', 'bob answer']);
    fakeOf(yielding).gather('of its successor');
    await signaling.deliver();

    expect(isSettled(yielding)).toBe(true);
    expect(signaling.log.flatMap(({ candidates }) => candidates ?? [])).toEqual([{ candidate: 'of its successor' }]);
    expect(errors).toEqual([]);
  });

  it('takes candidates of an offer that it ignored for what they are', async () => {
    signaling.isLive = false;
    const sides = [connect(alice!, 'bob', { candidateDelay: 0 }), connect(bob!, 'alice')];
    await signaling.deliver(0);
    fakeOf(sides[0]!).gather('of the offer that is ignored');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(types()).toEqual(['alice offer', 'bob offer', 'alice ice-candidates']);

    await signaling.deliver();

    expect(sides.map(isSettled)).toEqual([true, true]);
    expect(fakeOf(sides[1]!).candidates).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('takes candidates of what was negotiated before also while it ignores an offer', async () => {
    const sides = await connected();
    signaling.isLive = false;
    for (const side of sides) fakeOf(side).add();
    await signaling.deliver(0);
    fakeOf(sides[0]!).gather('late');
    await vi.waitFor(() => expect(types()).toEqual(['alice offer', 'bob offer', 'alice ice-candidates']));

    await signaling.deliver();

    expect(sides.map(isSettled)).toEqual([true, true]);
    expect(fakeOf(sides[1]!).candidates).toEqual([{ candidate: 'late' }]);
  });

  it('may come again and again, from either side, at any time', async () => {
    const sides = await connected();
    for (let i = 0; i < 20; i++) {
      fakeOf(sides[i % 2]!).add();
      if (i % 3 === 0) fakeOf(sides[(i + 1) % 2]!).add();
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    await signaling.deliver();

    expect(sides.map(isSettled)).toEqual([true, true]);
  });

  it('tells errors', async () => {
    const [side] = await connected();
    vi.spyOn(fakeOf(side), 'setLocalDescription').mockRejectedValue(new Error('no codec'));
    fakeOf(side).add();
    await signaling.deliver();

    expect(errors.splice(0)).toMatchObject([{ message: 'no codec' }]);
  });

  it('ends with close', async () => {
    const [side, other] = await connected();
    const closed = fakeOf(side);
    side.close();
    fakeOf(other).add();

    await signaling.deliver();

    expect(closed.signalingState).toBe('closed');
    expect(side.connection).toBeUndefined();
    expect(types()).toEqual(['bob offer']);
  });

  it.each(['setRemoteDescription', 'setLocalDescription', 'addIceCandidate'] as const)('closed during %s holds no later message up', async (operation) => {
    const [side, other] = await connected();
    signaling.isLive = false;
    const closed = fakeOf(side);
    const begin: (argument?: any) => Promise<void> = closed[operation].bind(closed);
    vi.spyOn(closed, operation).mockImplementation((argument?: unknown) => {
      const underWay = begin(argument);
      side.close();
      return underWay;                                              // for ever
    });
    const read = vi.fn();
    alice!.on('message', read);
    fakeOf(other).add();
    await signaling.deliver(0);
    for (const candidate of ['a', null]) fakeOf(other).gather(candidate);
    await signaling.deliver(0);
    await bob!.relay('alice', 'message', { payload: 'later' });
    expect(types()).toEqual(['bob offer', 'bob ice-candidates', 'bob message']);

    void signaling.deliver();

    await vi.waitFor(() => expect(read).toHaveBeenCalledOnce());
    expect(closed.signalingState).toBe('closed');
  });
});

describe('Candidates', () => {
  it('are sent several at a time, and after the description that they belong to', async () => {
    const [side, other] = await connected();
    fakeOf(side).add();
    await Promise.resolve();
    for (const candidate of ['a', 'b', 'c']) fakeOf(side).gather(candidate);
    fakeOf(side).gather(null);

    await vi.waitFor(() => expect(fakeOf(other).candidates).toHaveLength(3));

    expect(types().filter((type) => type.startsWith('alice'))).toEqual(['alice offer', 'alice ice-candidates']);
  });

  it('are not waited for longer than said', async () => {
    const [side, other] = await connected();
    fakeOf(side).gather('a');
    await vi.waitFor(() => expect(fakeOf(other).candidates).toEqual([{ candidate: 'a' }]));

    fakeOf(side).gather('b');
    fakeOf(side).gather('c');
    await vi.waitFor(() => expect(fakeOf(other).candidates).toHaveLength(3));

    expect(types()).toEqual(['alice ice-candidates', 'alice ice-candidates']);
  });

  it('of other clients come one by one', async () => {
    const [side] = await connected();

    await bob!.relay('alice', 'ice-candidate', { candidate: { candidate: 'x' } });
    await bob!.relay('alice', 'ice-candidate', { candidate: null });
    await signaling.deliver();

    expect(fakeOf(side).candidates).toEqual([]);                    // they name no connection: not of the one that is there

    const [carol, dave] = [signaling.client('carol'), signaling.client('dave')];
    const plain = connect(carol, 'dave');
    await signaling.deliver();
    await dave.relay('carol', 'answer', { sdp: 'answer' });
    await dave.relay('carol', 'ice-candidate', { candidate: { candidate: 'x' } });
    await dave.relay('carol', 'ice-candidate', { candidate: null });
    await signaling.deliver();
    expect(fakeOf(plain).candidates).toEqual([{ candidate: 'x' }, undefined]);
  });
});

describe('The other side, started anew,', () => {
  it('gets a new connection', async () => {
    const [side, other] = await connected();
    const before = fakeOf(side);
    other.close();
    const again = connect(bob!, 'alice');

    await signaling.deliver();

    expect(before.signalingState).toBe('closed');
    expect(fakeOf(side)).not.toBe(before);
    expect([side, again].map(isSettled)).toEqual([true, true]);
  });

  it('is not reached by what was sent to its predecessor', async () => {
    const [side, other] = await connected();
    signaling.isLive = false;
    fakeOf(side).add();
    await signaling.deliver(0);
    fakeOf(side).gather('of before');
    other.close();
    const again = connect(bob!, 'alice');

    await signaling.deliver();

    expect([side, again].map(isSettled)).toEqual([true, true]);
    expect(fakeOf(again).candidates).toEqual([]);
  });
});

describe('An ICE restart', () => {
  it('follows a failure', async () => {
    const [side, other] = await connected();

    fakeOf(side).become('failed');
    await signaling.deliver();

    expect(types()).toEqual(['alice offer', 'bob answer']);
    expect(fakeOf(other).remoteDescription?.sdp).toBe('offer 1');
  });

  it('follows the reconnection of the signaling client, where the connection is broken', async () => {
    const [side] = await connected();
    await alice!.registered();
    await signaling.deliver();
    expect(types()).toEqual([]);

    fakeOf(side).become('disconnected');
    await alice!.registered();
    await signaling.deliver();

    expect(types()).toEqual(['alice offer', 'bob answer']);
    expect(fakeOf(side).localDescription?.sdp).toBe('offer 1');
  });

  it('of both sides at once succeeds', async () => {
    const sides = await connected();
    signaling.isLive = false;

    for (const side of sides) fakeOf(side).become('failed');
    await signaling.deliver();

    expect(sides.map(isSettled)).toEqual([true, true]);
    expect(sides.map((side) => fakeOf(side).rollbacks)).toEqual([1, 0]);
  });

  it('has new credentials', async () => {
    const [side] = await connected();
    alice!.ice = { iceServers: [{ urls: 'turn:turn.example.org', username: 'u', credential: 'new' }], ttlSeconds: 600 };

    await side.restartIce();

    expect(fakeOf(side).configurations.at(-1)!.iceServers).toEqual([{ urls: 'turn:turn.example.org', username: 'u', credential: 'new' }]);
  });
});

describe('ICE servers', () => {
  it('are those of the node, and those of the application', async () => {
    const side = connect(alice!, 'bob', { configuration: { iceTransportPolicy: 'relay', iceServers: [{ urls: 'stun:own.example.org' }] } });
    await signaling.deliver();

    expect(fakeOf(side).configurations).toEqual([{ iceTransportPolicy: 'relay', iceServers: [{ urls: 'stun:own.example.org' }, { urls: ['stun:stun.example.org'] }] }]);
  });

  it('are asked for anew when half of their time is over', async () => {
    vi.useFakeTimers();
    const side = connect(alice!, 'bob', { setup: setupNothing });
    await vi.advanceTimersByTimeAsync(0);
    expect(alice!.asked).toBe(1);

    await vi.advanceTimersByTimeAsync(300_000);

    expect(alice!.asked).toBe(2);
    expect(fakeOf(side).configurations).toHaveLength(2);
  });

  it('are done without where the node has none to tell', async () => {
    alice!.iceServers = () => Promise.reject(new Error('rate-limited'));
    const side = connect(alice!, 'bob');
    connect(bob!, 'alice', { setup: setupNothing });

    await signaling.deliver();

    expect(isSettled(side)).toBe(true);
    expect(errors.splice(0)).toMatchObject([{ message: 'rate-limited' }]);
  });
});
