import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Inbox } from '../src/inbox.js';
import type { Relayed } from '../src/protocol.js';

let handled: unknown[];
let acknowledged: number[];
let inbox: Inbox;
let seq: number;

beforeEach(() => {
  vi.useFakeTimers();
  [handled, acknowledged, seq] = [[], [], 0];
  inbox = new Inbox(async ({ payload }) => void handled.push(payload), (seq) => acknowledged.push(seq), 60_000);
  inbox.restart('run-1');
});

afterEach(() => void vi.useRealTimers());

/** A message of this client's outbox; its payload is its number. */
const numbered = (number: number, oldestPending: number, more: object = {}) =>
  ({ type: 'message', from: 'alice', to: 'bob', id: `s.0-${number}`, oldestPending, payload: number, seq: ++seq, ...more });

const receive = async (...frames: { type: string }[]) => {
  for (const frame of frames) inbox.receive(frame, JSON.stringify(frame).length);
  await vi.advanceTimersByTimeAsync(0);
};

describe('Inbox, of numbered messages', () => {
  it('hands on what comes in order, and acknowledges it', async () => {
    await receive(numbered(0, 0), numbered(1, 0), numbered(2, 1));

    expect(handled).toEqual([0, 1, 2]);
    expect(acknowledged.at(-1)).toBe(3);
  });

  it('begins with the oldest pending one, where its sender began long ago', async () => {
    await receive(numbered(41, 40), numbered(40, 40));

    expect(handled).toEqual([40, 41]);
  });

  it('ignores, but acknowledges, what comes again', async () => {
    await receive(numbered(0, 0), numbered(1, 0));
    inbox.restart('run-2');
    seq = 100;
    await receive(numbered(0, 0), numbered(1, 0), numbered(2, 0));

    expect(handled).toEqual([0, 1, 2]);
    expect(acknowledged.at(-1)).toBe(103);
  });

  it('holds, and does not acknowledge, what came before its time', async () => {
    await receive(numbered(0, 0), numbered(2, 0), numbered(3, 0));
    expect(handled).toEqual([0]);
    expect(acknowledged).toEqual([1]);

    await receive(numbered(1, 0));
    expect(handled).toEqual([0, 1, 2, 3]);
    expect(acknowledged.at(-1)).toBe(4);
  });

  it('does not wait for what its sender no longer waits for', async () => {
    await receive(numbered(0, 0), numbered(3, 2), numbered(2, 2));

    expect(handled).toEqual([0, 2, 3]);
  });

  it('hands on what it held when its sender gives up what was missing', async () => {
    await receive(numbered(0, 0), numbered(2, 1));
    await receive(numbered(3, 3));

    expect(handled).toEqual([0, 2, 3]);
  });

  it('hands on what it held when its patience is over, and then what was missing once', async () => {
    await receive(numbered(0, 0), numbered(2, 0));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(handled).toEqual([0]);

    await vi.advanceTimersByTimeAsync(1);
    expect(handled).toEqual([0, 2]);

    await receive(numbered(1, 0), numbered(1, 0), numbered(3, 0));
    expect(handled).toEqual([0, 2, 1, 3]);
    expect(acknowledged.at(-1)).toBe(seq);
  });

  it('is not made more patient by what comes after', async () => {
    await receive(numbered(0, 0), numbered(2, 0));
    await vi.advanceTimersByTimeAsync(40_000);
    await receive(numbered(3, 0));
    await vi.advanceTimersByTimeAsync(20_000);

    expect(handled).toEqual([0, 2, 3]);
  });

  it('acknowledges what is held, and came again over another connection, when it was handed on', async () => {
    await receive(numbered(0, 0), numbered(2, 0));
    inbox.restart('run-2');
    [seq, acknowledged.length] = [100, 0];
    await receive(numbered(2, 0));
    expect(acknowledged).toEqual([]);

    await receive(numbered(1, 0));
    expect(handled).toEqual([0, 1, 2]);
    expect(acknowledged.at(-1)).toBe(102);
  });

  it('acknowledges both, where a held message comes twice', async () => {
    await receive(numbered(0, 0), numbered(2, 0), numbered(2, 0), numbered(1, 0));

    expect(handled).toEqual([0, 1, 2]);
    expect(acknowledged.at(-1)).toBe(4);
  });

  it('keeps the senders and their runs apart', async () => {
    await receive(numbered(0, 0), numbered(0, 0, { from: 'carol' }), numbered(0, 0, { id: 't.0-0' }), numbered(1, 0, { from: 'carol' }));

    expect(handled).toEqual([0, 0, 0, 1]);
  });

  it('lets no sender fill it with messages that wait', async () => {
    for (let i = 0; i < 300; i++) await receive(numbered(2 * i + 1, 0));

    expect(handled.length).toBeGreaterThan(0);
    expect(handled).toEqual([...handled].sort((a, b) => Number(a) - Number(b)));
  });

  it.each([
    { id: 's.0-999999999999999', oldestPending: 0 },
    { id: 's.0-1', oldestPending: 0.5 },
    { id: 's.0-1', oldestPending: -1 },
    { id: 's.0-1', oldestPending: 2 },
    { id: 's.0-1', oldestPending: '0' },
    { id: 'without a number', oldestPending: 0 },
    { id: 7, oldestPending: 0 },
  ])('takes $id with oldestPending $oldestPending for another kind of message', async (odd) => {
    await receive(numbered(5, 0, odd));

    expect(handled).toEqual([5]);
    expect(acknowledged).toEqual([1]);
  });
});

describe('Inbox, of other messages', () => {
  const plain = (more: object = {}) => ({ type: 'message', from: 'phone', to: 'bob', payload: 'hello', timestamp: 1, seq: ++seq, ...more });
  const kept = (message: { seq: number }) => {
    const { seq, ...originalMessage } = message;
    return { type: 'offline-message', originalMessage, storedAt: 5, deliveredAt: 9, seq };
  };

  it('hands on a message with an id once', async () => {
    await receive(plain({ id: 'm1' }), plain({ id: 'm2', payload: 'other' }));
    inbox.restart('run-2');
    await receive(plain({ id: 'm1' }), plain({ id: 'm1', from: 'tablet', payload: 'of another' }));

    expect(handled).toEqual(['hello', 'other', 'of another']);
    expect(acknowledged.at(-1)).toBe(4);
  });

  it('ignores a seq that it has seen', async () => {
    const message = plain();
    await receive(message);
    inbox.restart('run-1');
    await receive(kept(message));

    expect(handled).toEqual(['hello']);
    expect(acknowledged).toEqual([1, 1]);
  });

  it('ignores a seq that it has seen, however much has come since', async () => {
    const message = plain({ id: 'first' });
    await receive(message);
    for (let i = 0; i < 4200; i++) await receive(plain({ id: `m${i}` }));
    handled.length = 0;
    inbox.restart('run-1');
    await receive(kept(message));

    expect(handled).toEqual([]);
  });

  it('recognises a message without an id that a node delivers again after its end', async () => {
    const message = plain();
    await receive(message);
    inbox.restart('run-2');
    await receive(kept(message));

    expect(handled).toEqual(['hello']);
  });

  it('takes a new message whose seq began anew with a node that keeps nothing', async () => {
    await receive(plain(), plain());
    inbox.restart('run-2');
    seq = 0;
    await receive(plain({ timestamp: 2, payload: 'new' }));

    expect(handled).toEqual(['hello', 'hello', 'new']);
  });

  it('hands on every message that has neither an id nor a seq', async () => {
    await receive(plain({ seq: undefined }), plain({ seq: undefined }));

    expect(handled).toEqual(['hello', 'hello']);
    expect(acknowledged).toEqual([]);
  });

  it('unwraps what was kept, and tells since when', async () => {
    const messages: Relayed[] = [];
    inbox = new Inbox(async (message) => void messages.push(message), () => {}, 60_000);

    await receive(kept(plain({ id: 'm1' })));

    expect(messages).toEqual([{ type: 'message', from: 'phone', to: 'bob', payload: 'hello', timestamp: 1, id: 'm1', storedAt: 5 }]);
  });
});

describe('Inbox, to the application', () => {
  it('acknowledges only what was handled, and handles one message after the other', async () => {
    const finish: (() => void)[] = [];
    inbox = new Inbox(() => new Promise((resolve) => finish.push(resolve)), (seq) => acknowledged.push(seq), 60_000);
    await receive(numbered(0, 0), numbered(1, 0));
    expect(finish).toHaveLength(1);
    expect(acknowledged).toEqual([]);

    finish[0]!();
    await vi.advanceTimersByTimeAsync(0);
    expect(finish).toHaveLength(2);

    finish[1]!();
    await vi.advanceTimersByTimeAsync(0);
    expect(acknowledged.at(-1)).toBe(2);
  });

  it('does not acknowledge a message that comes again while it is being handled', async () => {
    let finish = () => {};
    inbox = new Inbox(() => new Promise((resolve) => { finish = resolve; }), (seq) => acknowledged.push(seq), 60_000);
    await receive(numbered(0, 0));
    inbox.restart('run-1');
    await receive(numbered(0, 0));
    expect(acknowledged).toEqual([]);

    finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(acknowledged).toEqual([2]);
  });

  it('does not acknowledge over a connection what did not come over it', async () => {
    let finish = () => {};
    inbox = new Inbox(() => new Promise((resolve) => { finish = resolve; }), (seq) => acknowledged.push(seq), 60_000);
    await receive(numbered(0, 0));
    inbox.restart('run-2');

    finish();
    await vi.advanceTimersByTimeAsync(0);

    expect(acknowledged).toEqual([]);
  });

  it('acknowledges many at a time', async () => {
    await receive(...Array.from({ length: 100 }, (_, number) => numbered(number, 0)));

    expect(acknowledged).toEqual([32, 64, 96, 100]);
  });
});
