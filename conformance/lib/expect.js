import assert from 'node:assert/strict';

/** The server's answer is an `error` of its own whose sentence begins so. */
export async function expectError(client, beginning) {
  const error = await client.next('error');
  assert.equal(error.json.error.slice(0, beginning.length), beginning);
  expectTime(error.json.timestamp);
  return error;
}

/** Unix milliseconds of our days. */
export function expectTime(value) {
  assert.ok(Number.isInteger(value) && value > 1_600_000_000_000 && value < 10_000_000_000_000, `${value} is no time in Unix milliseconds`);
}

/** What arrived is what was sent, to the letter, and `from` added, wherever the server puts it. */
export function expectRelayed(received, sent, from) {
  assert.equal(received.json.from, from);
  const member = `"from":${JSON.stringify(from)}`;
  assert.equal(received.text.replace(`,${member}`, '').replace(`${member},`, ''), sent);
}

/** The object has these members and may have others: messages gain members. */
export function expectMembers(actual, expected) {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, actual[name]])), expected);
}

export { assert };
