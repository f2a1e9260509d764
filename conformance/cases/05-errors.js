import { assert, expectError } from '../lib/expect.js';

export const section = 'Errors';
export const profile = 'original';

const NOT_A_MESSAGE = ['{', 'hello', '', '{"type":"ping"}{"type":"ping"}', '{"type":"ping",}', "{'type':'ping'}", '\u0000', '[]', '[{"type":"ping"}]', '"ping"', '42', 'null', 'true'];

export default [
  ...NOT_A_MESSAGE.map((text) => ({
    name: `${JSON.stringify(text)} is no message, and the connection stays usable`,
    async run(t) {
      const client = await t.connect();

      client.sendBytes(text);

      await expectError(client, 'Invalid message format');
      await client.nothingElse();
    },
  })),
  {
    name: 'an unknown type is named in the error',
    async run(t) {
      const alice = await t.register('alice');

      alice.sendWrong({ type: 'hello' });
      await expectError(alice, 'Unknown message type: hello');
      alice.sendWrong({ type: 'Offer', to: t.id('alice') });
      await expectError(alice, 'Unknown message type: Offer');
      alice.sendWrong({ to: t.id('alice') });
      await expectError(alice, 'Unknown message type: undefined');
      alice.sendWrong({ type: 7 });
      await expectError(alice, 'Unknown message type: 7');
    },
  },
  {
    name: "an error of the server's has no from, so that it differs from a peer's",
    async run(t) {
      const [alice, bob] = [await t.register('alice'), await t.register('bob')];

      alice.sendWrong({ type: 'hello' });
      alice.send({ type: 'error', to: t.id('bob'), error: 'camera is in use' });

      assert.ok(!Object.hasOwn((await alice.next('error')).json, 'from'));
      assert.equal((await bob.next('error')).json.from, t.id('alice'));
    },
  },
];
