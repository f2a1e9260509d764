import { beforeEach, describe, expect, it } from 'vitest';
import { ClosedError, MessageTooLargeError, OutboxFullError, RefusedError } from '../src/errors.js';
import { Outbox } from '../src/outbox.js';

let outbox: Outbox;

beforeEach(() => {
  outbox = new Outbox({ messages: 100, size: 1024 * 1024 });
});

const add = (to: string, payload: unknown, signal?: AbortSignal) => outbox.add({ type: 'message', to, payload }, signal);
const due = (now = 0) => [...outbox.due(now)].map((text) => JSON.parse(text));
const payloads = (now = 0) => due(now).map(({ payload }) => payload);
const deliver = (...frames: { id: string; to: string }[]) => frames.forEach(({ id, to }) => outbox.settle({ id, to, status: 'delivered' }));
const numberOf = (frame: { id: string }) => Number(/-(\d+)$/.exec(frame.id)![1]);

describe('Outbox', () => {
  it('sends each message once, with an id, and resolves it by its receipt', async () => {
    const sent = add('bob', 'hello');

    const [frame] = due();
    expect(frame).toEqual({ type: 'message', to: 'bob', payload: 'hello', id: expect.stringMatching(/-0$/), receipt: true, oldestPending: 0 });
    expect(due()).toEqual([]);

    outbox.settle({ id: frame.id, to: 'bob', status: 'stored' });
    expect(await sent).toEqual({ id: frame.id, to: 'bob', status: 'stored' });
    expect(outbox.length).toBe(0);
  });

  it('numbers the messages to each recipient without gaps', () => {
    for (const to of ['bob', 'carol', 'bob']) void add(to, 1);

    const frames = due();

    expect(frames.map(numberOf)).toEqual([0, 0, 1]);
    expect(new Set(frames.map(({ id }) => id)).size).toBe(3);
  });

  it('sends again in order, with the same ids, what has no receipt when there is a new connection', () => {
    for (const payload of ['a', 'b', 'c']) void add('bob', payload);
    const [a, b, c] = due();
    deliver(b);

    void add('bob', 'd');
    outbox.restart();
    const again = due();

    expect(again.map(({ id }) => id).slice(0, 2)).toEqual([a.id, c.id]);
    expect(again.map(({ payload }) => payload)).toEqual(['a', 'c', 'd']);
  });

  it('says from which number on it waits for receipts', () => {
    for (const payload of ['a', 'b', 'c']) void add('bob', payload);
    const [a, b] = due();

    deliver(b);
    outbox.restart();
    expect(due().map(({ oldestPending }) => oldestPending)).toEqual([0, 0]);

    deliver(a);
    outbox.restart();
    expect(due().map(({ oldestPending }) => oldestPending)).toEqual([2]);
  });

  it('runs no more than 64 messages ahead of the oldest without a receipt', () => {
    for (let i = 0; i < 70; i++) void add('bob', i);

    const first = due();
    expect(first).toHaveLength(64);
    deliver(...first.slice(1));
    expect(due()).toEqual([]);

    deliver(first[0]);
    expect(payloads()).toEqual([64, 65, 66, 67, 68, 69]);
  });

  it('lets no short message overtake a long one that has to wait for room', () => {
    const long = 'x'.repeat(200_000);
    void add('bob', long);
    void add('bob', long);
    void add('bob', 'short');
    void add('carol', 'other');

    const [first, other] = due();
    expect(other.payload).toBe('other');

    deliver(first);
    expect(payloads()).toEqual([long, 'short']);
  });

  it('sends again what the node was too busy for, before what is newer', () => {
    const [a] = (void add('bob', 'a'), due());

    expect(outbox.fail(a.id, new RefusedError('recipient-busy', '', 500), 1000)).toBe(true);
    void add('bob', 'b');
    void add('carol', 'c');

    expect(payloads(1499)).toEqual(['c']);
    expect(outbox.wait(1100)).toBe(400);
    expect(payloads(1500)).toEqual(['a', 'b']);
  });

  it('sends nothing to anybody until a rate limit is over', () => {
    const [a] = (void add('bob', 'a'), due());

    outbox.fail(a.id, new RefusedError('rate-limited', '', 300), 1000);
    void add('carol', 'c');

    expect(due(1299)).toEqual([]);
    expect(outbox.wait(1000)).toBe(300);
    expect(payloads(1300)).toEqual(['a', 'c']);
  });

  it('keeps to the rate that the node allows, once it was too fast', () => {
    outbox.restart({ maxMessageBytes: 1000, messagesPerSecond: 100 });
    for (let i = 0; i < 20; i++) void add('bob', i);
    const frames = due(1000);
    expect(frames).toHaveLength(20);
    for (const { id } of frames) outbox.fail(id, new RefusedError('rate-limited', '', 10), 1000);

    expect(payloads(1010)).toEqual([0, 1, 2, 3]);
    expect(payloads(1059)).toEqual([]);
    expect(outbox.wait(1010)).toBe(50);
    expect(payloads(1060)).toEqual([4, 5, 6, 7]);
  });

  it('sends one at a time where the node allows few', () => {
    outbox.restart({ maxMessageBytes: 1000, messagesPerSecond: 1 });
    for (let i = 0; i < 3; i++) void add('bob', i);
    for (const { id } of due(0)) outbox.fail(id, new RefusedError('rate-limited', '', 1000), 0);

    expect(payloads(1000)).toEqual([0]);
    expect(payloads(2249)).toEqual([]);
    expect(payloads(2250)).toEqual([1]);
  });

  it('rejects what the node will not take, and only that', async () => {
    const sent = add('bob', 'a');
    void add('bob', 'b');
    const [a, b] = due();

    outbox.fail(a.id, new RefusedError('out-of-reach', 'No'), 0);

    await expect(sent).rejects.toMatchObject({ name: 'RefusedError', code: 'out-of-reach' });
    outbox.restart();
    expect(due().map(({ id, oldestPending }) => [id, oldestPending])).toEqual([[b.id, 1]]);
  });

  it('does not know errors of others', () => {
    expect(outbox.fail('q1', new RefusedError('rate-limited', ''), 0)).toBe(false);
  });

  it('rejects a message larger than the node takes, and does not number it', async () => {
    outbox.restart({ maxMessageBytes: 200, messagesPerSecond: 400 });
    const sent = add('bob', 'ä'.repeat(90));
    void add('bob', 'b');

    const [b] = due();

    await expect(sent).rejects.toBeInstanceOf(MessageTooLargeError);
    outbox.restart({ maxMessageBytes: 200, messagesPerSecond: 400 });
    expect(due()).toEqual([{ ...b, oldestPending: numberOf(b) }]);
  });

  it('takes no more messages than it may hold', async () => {
    outbox = new Outbox({ messages: 2, size: 1000 });
    const [first] = [add('bob', 1), add('bob', 2)];
    await expect(add('bob', 3)).rejects.toBeInstanceOf(OutboxFullError);

    deliver(...due());
    await first;
    await expect(add('bob', 'x'.repeat(1000))).rejects.toBeInstanceOf(OutboxFullError);
  });

  it('does not send what was given up', async () => {
    const giveUp = new AbortController();
    const sent = add('bob', 'a', giveUp.signal);
    void add('bob', 'b');

    giveUp.abort(new Error('enough'));

    await expect(sent).rejects.toThrow('enough');
    expect(payloads()).toEqual(['b']);
    await expect(add('bob', 'c', giveUp.signal)).rejects.toThrow('enough');
  });

  it('does not send again what was given up on its way, and does not make its recipient wait for it', async () => {
    const giveUp = new AbortController();
    const sent = add('bob', 'a', giveUp.signal);
    void add('bob', 'b');
    due();

    giveUp.abort();
    outbox.restart();

    await expect(sent).rejects.toThrow();
    expect(due().map(({ payload, oldestPending }) => [payload, oldestPending])).toEqual([['b', 1]]);
  });

  it('rejects everything at the end', async () => {
    const sent = [add('bob', 'a'), add('carol', 'b')];
    due();

    outbox.rejectAll(new ClosedError());

    for (const one of sent) await expect(one).rejects.toBeInstanceOf(ClosedError);
    expect(outbox.length).toBe(0);
  });

  it('forgets idle recipients, and numbers them anew under another name', () => {
    const [before] = (void add('bob', 1), due());
    deliver(before);
    for (let i = 0; i < 1000; i++) {
      void add(`peer-${i}`, i);
      deliver(...due());
    }

    const [after] = (void add('bob', 2), due());

    expect(numberOf(after)).toBe(0);
    expect(after.id).not.toBe(before.id);
  });
});
