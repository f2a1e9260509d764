// Makes docs/images/demo.png, the picture of the README.

import { join } from 'node:path';
import { launch, Visitor } from './browser.js';
import { NodeProcess, root } from './node-process.js';

const [node, browser] = await Promise.all([NodeProcess.start(), launch()]);
try {
  const arrive = (name) => Visitor.arrive(browser, node.demo, name, { height: 660 });
  const [bob] = [await arrive('Bob'), await arrive('Carol')];
  await bob.page.locator('.person').waitFor();
  const alice = await arrive('Alice');
  await bob.person('Alice').waitFor();
  await bob.page.goto('about:blank');
  await alice.person('Bob').waitFor({ state: 'detached' });
  const { peerId } = await bob.page.goto(node.demo).then(() => bob.page.evaluate(() => JSON.parse(sessionStorage.getItem('signaling-node-demo'))));
  await alice.person('Bob').click();
  await alice.isConnected();
  await bob.page.goto('about:blank');
  await alice.page.locator(`[data-peer="${peerId}"]`).filter({ hasText: 'away' }).waitFor();
  await alice.write('You are away, so the node keeps this for you.');
  await alice.page.getByText('kept by the node').waitFor();
  await bob.page.goto(node.demo);
  await bob.message('the node keeps this');
  await bob.page.getByRole('button', { name: 'Connect' }).click();
  await bob.isConnected();
  await bob.write('Back again, and connected: this goes straight to you.');
  await alice.message('straight to you');
  await alice.write('No server in between. And the handshake took no time!');
  await bob.message('No server');
  await bob.page.screenshot({ path: join(root, 'docs/images/demo.png'), animations: 'disabled' });
} finally {
  await browser.close();
  await node.stop();
}
