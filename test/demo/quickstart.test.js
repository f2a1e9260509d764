import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, Patience } from './browser.js';
import { ClientPages } from './client-pages.js';
import { NodeProcess, root } from './node-process.js';

// docs/quickstart.md's programs for browsers, as they stand there, in a browser: each prints what the guide says.

const guide = await readFile(join(root, 'docs/quickstart.md'), 'utf8');
const programs = [...guide.matchAll(/```js\n(.*?)```\n\n```\n(.*?)```/gs)].map(([, program, output]) => ({ program, output: output.trimEnd().split('\n') }));

let node;
let browser;
let pages;

before(async () => {
  [node, browser, pages] = await Promise.all([NodeProcess.start(), launch(), ClientPages.start()]);
});

after(async () => {
  await browser?.close();
  pages?.stop();
  await node?.stop();
});

test('the guide has three programs for browsers', () => assert.equal(programs.length, 3));

for (const [index, { program, output }] of programs.entries()) {
  test(`program ${index + 1} of the quick start prints: ${output.join(' / ')}`, async () => {
    const address = new URL(node.demo);
    pages.program = program.replaceAll('localhost:9001', address.host);
    const context = await browser.newContext();
    const tab = await context.newPage();
    const printed = [];
    const isDone = new Promise((resolve, reject) => {
      tab.on('console', (line) => {
        printed.push(line.text());
        if (printed.length === output.length) resolve();
      });
      tab.on('pageerror', reject);
      setTimeout(() => reject(new Error(`It printed only: ${printed.join(' / ')}`)), Patience).unref();
    });

    await tab.goto(pages.address);
    await isDone;
    await context.close();

    assert.deepEqual(printed.toSorted(), output.toSorted());        // who of two is first is nobody's promise
  });
}
