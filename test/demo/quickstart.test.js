import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, Patience } from './browser.js';
import { NodeProcess, root } from './node-process.js';

// docs/quickstart.md's programs for browsers, as they stand there, in a browser: each prints what the guide says.

const guide = await readFile(join(root, 'docs/quickstart.md'), 'utf8');
const programs = [...guide.matchAll(/```js\n(.*?)```\n\n```\n(.*?)```/gs)].map(([, program, output]) => ({ program, output: output.trimEnd().split('\n') }));

const importMap = JSON.stringify({ imports: { 'signaling-node-client': '/index.js', 'signaling-node-client/webrtc': '/webrtc.js' } });

let node;
let browser;
let pages;
let page = '';

before(async () => {
  [node, browser] = await Promise.all([NodeProcess.start(), launch()]);
  pages = createServer(async ({ url }, response) => {
    const isModule = /^\/(index|webrtc)\.js$/.test(url);
    response.setHeader('Content-Type', isModule ? 'text/javascript' : 'text/html');
    response.end(isModule ? await readFile(join(root, 'clients/js/dist', url)) : page); // clients/js/test/run builds them
  });
  await once(pages.listen(0, '127.0.0.1'), 'listening');
});

after(async () => {
  await browser?.close();
  pages?.close();
  await node?.stop();
});

test('the guide has three programs for browsers', () => assert.equal(programs.length, 3));

for (const [index, { program, output }] of programs.entries()) {
  test(`program ${index + 1} of the quick start prints: ${output.join(' / ')}`, async () => {
    const address = new URL(node.demo);
    page = `<!doctype html><script type="importmap">${importMap}</script><script type="module">${program.replaceAll('localhost:9001', address.host)}</script>`;
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

    await tab.goto(`http://127.0.0.1:${pages.address().port}/`);
    await isDone;
    await context.close();

    assert.deepEqual(printed.toSorted(), output.toSorted());        // who of two is first is nobody's promise
  });
}
