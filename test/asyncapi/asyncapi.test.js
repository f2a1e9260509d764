// Holds docs/asyncapi.yaml against docs/protocol.md and, where SIGNALING_TRAFFIC names a folder, against recorded traffic.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkerOf, compile, messagesOf, parse, RECEIVED, SENT } from './lib/specification.js';
import { examples, tableOf } from './lib/protocol-document.js';
import { readTraffic } from './lib/traffic.js';
import { mutationsOf } from './lib/mutations.js';

const { document, diagnostics } = await parse();
const messages = document ? messagesOf(document) : [];
const { check, find } = checkerOf(messages);
const folder = process.env.SIGNALING_TRAFFIC;
const traffic = folder ? await readTraffic(folder) : [];
const withoutTraffic = !folder && 'SIGNALING_TRAFFIC names no folder of recordings: test/protocol makes one';
const withoutTests = !traffic.some(({ file }) => file.startsWith('tests-')) && 'the .NET tests recorded nothing: test/run lets them';

test('The document is valid AsyncAPI, without a warning', () => {
  assert.deepEqual(diagnostics.map(({ code, path, message }) => `${code} at ${path.join('/')}: ${message}`), []);
});

test('Every message of the channel belongs to an operation', () => {
  const described = document.allMessages().all().map((message) => message.id());

  assert.deepEqual(messages.map(({ id }) => id).sort(), described.sort());
});

test('Every example of protocol.md fits the schema of its type and direction, unless it shows a mistake', () => {
  const wrong = examples.filter(({ direction, value, valid }) => (check(direction, value) === null) !== valid).map(({ line, direction, value }) => [line, check(direction, value)]);

  assert.ok(examples.length > 90);
  assert.deepEqual(wrong, []);
});

test('Every message has an example in protocol.md', () => {
  const shown = new Set(examples.filter(({ valid }) => valid).map(({ direction, value }) => find(direction, value)?.id));

  assert.deepEqual(messages.map(({ id }) => id).filter((id) => !shown.has(id)), []);
});

test('The error codes are those of protocol.md', () => {
  const [error] = messages.filter(({ id }) => id === 'error');

  assert.deepEqual([...error.schema.properties.code.enum].sort(), tableOf('Errors').sort());
});

test('The close codes are those of protocol.md', () => {
  const [channel] = document.channels().all();

  assert.deepEqual(Object.keys(channel.extensions().get('x-close-codes').value()), tableOf('Close codes'));
});

// A schema that says nothing accepts everything: this is what finds it.
test('A schema with a member forbidden or renamed, or without a value of a list, no longer fits what was shown and recorded', { skip: withoutTraffic }, () => {
  const shown = [...examples, ...traffic].filter(({ valid }) => valid);
  let count = 0;
  const unnoticed = messages.flatMap(({ id, schema }) => {
    const values = shown.filter(({ direction, value }) => find(direction, value)?.id === id).map(({ value }) => value);
    return [...mutationsOf(schema)].filter((mutation) => (count += 1) && values.every(compile(mutation.schema))).map(({ name }) => `${id}: ${name}`);
  });

  assert.ok(count > 300, `${count} mutations`);
  assert.deepEqual(unnoticed, []);
});

test('Everything that was recorded fits the schemas, and what was sent wrong does not', { skip: withoutTraffic }, () => {
  const wrong = traffic.filter(({ direction, valid, value }) => (check(direction, value) === null) !== valid);

  assert.deepEqual(wrong.map(({ direction, text, value }) => `${direction} ${text.slice(0, 500)}: ${check(direction, value)}`), []);
});

test('Every message was recorded', { skip: withoutTraffic || withoutTests }, () => {
  const recorded = new Set(traffic.filter(({ valid }) => valid).map(({ direction, value }) => find(direction, value)?.id));
  const counts = [SENT, RECEIVED].map((way) => traffic.filter(({ direction }) => direction === way).length);

  console.log(`${counts[0]} sent and ${counts[1]} received messages were recorded, ${traffic.filter(({ valid }) => !valid).length} of them wrong on purpose`);
  assert.deepEqual(messages.map(({ id }) => id).filter((id) => !recorded.has(id)), []);
});
