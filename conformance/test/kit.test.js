// The kit finds what a server gets wrong, and finds nothing where a server gets nothing wrong.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadCases, run, select } from '../lib/runner.js';
import { DEFECTS, SmallServer } from './small-server.js';

/** By defect: a case that has to fail. */
const CAUGHT_BY = {
  'passes-forged-from': 'a forged from is replaced: with escapes in its key',
  'reverses-kept-messages': 'they come in order, after registered and before live traffic',
  'duplicates-kept-messages': 'order holds over away, here, and away again',
  'delivers-kept-messages-again': 'they are delivered once: not again when the peer comes back',
  'keeps-without-bound': 'of 101 messages of one sender the oldest is dropped',
  'rewrites-messages': 'the spelling of numbers is kept to the letter',
  'wrong-error-text': 'offer without to is an error',
  'announces-nobody': 'the others are told that a peer came, with its device',
  'old-connection-ends-the-new': 'the end of a connection that was replaced changes nothing',
  'relays-what-only-servers-send': 'registered, which only the server sends, is not relayed',
  'relays-before-register': 'a message before register gets an error and goes nowhere',
  'ignores-ping': 'a ping is answered before register, too',
  'lists-the-asking-peer': 'the list has the others with their devices, and not the asking peer',
  'closes-on-garbage': '"[]" is no message, and the connection stays usable',
};

const original = select(await loadCases(), 'original');

async function withServer(defects, use) {
  const server = new SmallServer(...defects);
  try {
    return await use(await server.start());
  } finally {
    server.stop();
  }
}

/** The program as a user runs it. */
async function runProgram(...args) {
  const program = spawn(process.execPath, [fileURLToPath(new URL('../run.js', import.meta.url)), ...args]);
  let output = '';
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (data) => (output += data));
  const code = await new Promise((resolve) => program.on('close', resolve));
  return { code, output };
}

describe('the kit', { concurrency: 4 }, () => {
  test('A server without a defect fails no case of the original profile', async () => {
    const results = await withServer([], (url) => run(original, { url }));

    assert.deepEqual(results.filter(({ outcome }) => outcome === 'failed').map(({ case: { name }, error }) => `${name}: ${error.message}`), []);
    assert.ok(results.filter(({ outcome }) => outcome === 'passed').length > 100);
  });

  for (const defect of DEFECTS) {
    test(`The defect "${defect}" is caught`, async () => {
      const [each, ...others] = original.filter(({ name }) => name === CAUGHT_BY[defect]);
      assert.ok(each && others.length === 0, `${CAUGHT_BY[defect]} names no case`);

      const [sound] = await withServer([], (url) => run([each], { url }));
      const [result] = await withServer([defect], (url) => run([each], { url, patience: 1_000 }));

      assert.deepEqual([sound.outcome, result.outcome], ['passed', 'failed']);
    });
  }

  test('A failed case is told with what was expected, what came, and the section that says so', async () => {
    const { code, output } = await withServer(['wrong-error-text'], (url) => runProgram('--url', url, '--grep', 'unknown type is named'));

    assert.equal(code, 1);
    assert.match(output, /^FAILED  Errors: an unknown type is named in the error\n {8}expected: Unknown message type: hello\n {8}actual: {3}What is this\?\n {8}see docs\/protocol.md, "Errors"\n0 passed, 1 failed, 0 skipped\n$/);
  });

  test('The exit code is 0 where no case failed, and skipped ones are told with their reason', async () => {
    const { code, output } = await withServer([], (url) => runProgram('--url', url, '--grep', 'ping: |24 h'));

    assert.equal(code, 0);
    assert.match(output, /^skipped offline-message: they expire after 24 h \(takes 24 h, unless the server is configured otherwise\)$/m);
    assert.match(output, /\n2 passed, 0 failed, 1 skipped\n$/);
  });

  test('Without a server, with a wrong option or without a case the exit code is 2', async () => {
    for (const args of [['--url', 'ws://127.0.0.1:1/'], ['--profile', 'other', '--url', 'ws://127.0.0.1:1/'], ['--nonsense'], [], ['--url', 'ws://127.0.0.1:1/', '--grep', 'no such case']]) {
      assert.equal((await runProgram(...args)).code, 2, args.join(' '));
    }
  });

  test('JUnit XML has every case, and recordings have what was sent and received', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
    try {
      const [junit, record] = ['junit.xml', 'traffic.jsonl'].map((name) => join(folder, name));

      await withServer(['wrong-error-text'], (url) => runProgram('--url', url, '--grep', 'unknown type is named|24 h|ping: ', '--junit', junit, '--record', record));

      const xml = await readFile(junit, 'utf8');
      assert.match(xml, /<testsuite name="signaling-conformance" tests="4" failures="1" skipped="1">/);
      assert.match(xml, /<testcase classname="Errors" name="an unknown type is named in the error" time="[0-9.]+"><failure message="expected: Unknown message type: hello&#10;actual:   What is this\?"\/>/);
      const lines = (await readFile(record, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
      assert.ok(lines.some(({ direction, valid, text }) => direction === 'sent' && !valid && text === '{"type":"hello"}'));
      assert.ok(lines.some(({ direction, valid, text }) => direction === 'received' && valid && text.startsWith('{"type":"pong"')));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
