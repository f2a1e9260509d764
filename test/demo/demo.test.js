import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, afterEach, before, test } from 'node:test';
import { launch, Visitor } from './browser.js';
import { NodeProcess } from './node-process.js';

const axe = createRequire(import.meta.url).resolve('axe-core');

let node;
let browser;
let visitors = [];

before(async () => {
  [node, browser] = await Promise.all([NodeProcess.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

afterEach(async () => {
  const faults = visitors.flatMap(({ faults }) => faults);
  await Promise.all(visitors.map(({ context }) => context.close()));
  visitors = [];
  while (await node.peersOnline() > 0);                   // whom the next test's visitors would meet
  assert.deepEqual(faults, []);
});

async function arrive(name, options) {
  const visitor = await Visitor.arrive(browser, node.demo, name, options);
  visitors.push(visitor);
  return visitor;
}

async function arriveAsTwo(options) {
  const alice = await arrive('Alice', options);
  const bob = await arrive('Bob', options);
  await alice.page.locator('.person').waitFor();
  return [alice, bob];
}

/** Alice and Bob with an open data channel. */
async function connected(options) {
  const [alice, bob] = await arriveAsTwo(options);
  await bob.connectTo('Alice');
  await alice.isConnected();
  await alice.person('Bob').waitFor();                    // his name came over the channel, or with his offer
  return [alice, bob];
}

test('two pages find each other and talk through a real RTCPeerConnection, past the node', async () => {
  const [alice, bob] = await connected();

  await alice.write('straight to you');
  await bob.write('and straight back');

  assert.match(await bob.message('straight to you'), /directly/);
  assert.match(await alice.message('and straight back'), /directly/);
  for (const { sentToNode } of [alice, bob]) {
    assert.ok(sentToNode.some((text) => JSON.parse(text).type === 'register'));
    assert.ok(!sentToNode.some((text) => text.includes('straight')));
  }
});

test('the handshake is shown in its order, with the milliseconds since the click', async () => {
  const [, bob] = await connected();
  await bob.page.locator('.step.in', { hasText: 'ICE candidates' }).waitFor();

  const labels = await bob.page.locator('#steps .label').allInnerTexts();
  const times = (await bob.page.locator('#steps .ms').allInnerTexts()).map((text) => Number.parseInt(text.replace(',', ''), 10));

  const inOrder = ['You connect', 'offer', 'answer', 'Connected'].map((label) => labels.indexOf(label));
  assert.ok(!inOrder.includes(-1), labels.join());
  assert.deepEqual(inOrder, inOrder.toSorted((a, b) => a - b));
  assert.equal(times[0], 0);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.equal(await bob.page.locator('#total strong').innerText(), await bob.page.locator('.step.last .ms').innerText());
});

test('who reloads is the same person, keeps the conversation and gets what came meanwhile, marked so', async () => {
  const [alice, bob] = await connected();
  await alice.write('before');
  await bob.message('before');
  await bob.page.goto('about:blank');
  await alice.person('Bob').filter({ hasText: 'away' }).waitFor();

  await alice.write('while you were gone');
  await alice.page.getByText('kept by the node until Bob is back').waitFor();
  await bob.page.goto(node.demo);

  assert.match(await bob.message('while you were gone'), /While you were away/);
  assert.match(await bob.message('before'), /directly/);
  assert.equal(await bob.page.getByLabel('You are').inputValue(), 'Bob');
  await alice.person('Bob').filter({ hasText: 'online' }).waitFor();
  await bob.page.reload();
  await bob.message('while you were gone');
  assert.equal(await bob.page.getByText('while you were gone').count(), 1);
  await alice.connectTo('Bob');
  await bob.isConnected();
});

test('a reload in the middle of a connection ends it, and the next click makes another', async () => {
  const [alice, bob] = await connected();

  await bob.page.reload();
  await alice.connection.filter({ hasText: 'not connected' }).waitFor();

  await bob.page.getByRole('button', { name: 'Connect' }).click();
  await bob.isConnected();
  await alice.isConnected();
  await bob.write('again');
  assert.match(await alice.message('again'), /directly/);
});

test('a tab that crashed comes back and connects anew, though nobody was told that it had gone', async () => {
  const [alice, bob] = await connected();
  const memory = await bob.page.evaluate(() => ({ ...sessionStorage }));
  const crashed = bob.page.waitForEvent('crash');
  bob.page.goto('chrome://crash').catch(() => {});
  await crashed;

  await bob.openTab(memory);
  await bob.page.getByRole('button', { name: 'Connect' }).click();
  await bob.isConnected();

  await bob.write('from the new tab');
  assert.match(await alice.message('from the new tab'), /directly/);
  await alice.write('to the new tab');
  assert.match(await bob.message('to the new tab'), /directly/);
});

test('a message to somebody who is here but not connected goes by way of the node', async () => {
  const [alice, bob] = await connected();
  await alice.page.getByRole('button', { name: 'Hang up' }).click();
  await bob.connection.filter({ hasText: 'not connected' }).waitFor();

  await bob.write('by the node');

  assert.match(await alice.message('by the node'), /by way of the node/);
  await bob.page.getByText('delivered by the node').waitFor();
});

test('two who connect to each other at the same moment have one connection', async () => {
  const [alice, bob] = await arriveAsTwo();
  await bob.person('Alice').waitFor();

  await Promise.all([alice.page.locator('.person').click(), bob.person('Alice').click()]);

  await Promise.all([alice.isConnected(), bob.isConnected()]);
  await alice.write('from one');
  await bob.write('from the other');
  assert.match(await bob.message('from one'), /directly/);
  assert.match(await alice.message('from the other'), /directly/);
});

test('people appear when they come and disappear when they go', async () => {
  const alice = await arrive('Alice');
  await alice.page.getByText('Nobody else is here yet').waitFor();

  const bob = await arrive();
  const name = await bob.page.getByLabel('You are').inputValue();
  await alice.person(name).waitFor();
  assert.equal(await alice.page.locator('#count').innerText(), '1');

  await bob.page.close();
  await alice.person(name).waitFor({ state: 'detached' });
  await alice.page.getByText('Nobody else is here yet').waitFor();
});

test('everything can be done with the keyboard, and its focus shows', async () => {
  const alice = await arrive('Alice');
  const bob = await arrive('Bob');
  await bob.person('Alice').waitFor();
  const { keyboard } = bob.page;
  const tabTo = async (target) => {
    for (let presses = 0; presses < 20; presses++) {
      await keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement)) return;
    }
    assert.fail('Tab does not lead there');
  };

  await tabTo(bob.person('Alice'));
  assert.notEqual(await bob.person('Alice').evaluate((element) => getComputedStyle(element).outlineStyle), 'none');
  await keyboard.press('Enter');
  await bob.isConnected();
  await keyboard.type('typed');                           // the field has the focus
  await keyboard.press('Enter');
  await alice.message('typed');
  await tabTo(bob.page.getByRole('button', { name: 'Dark colours' }));
  await keyboard.press('Space');
  assert.equal(await bob.page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await tabTo(bob.page.getByRole('button', { name: 'Hang up' }));
  await keyboard.press('Enter');
  await bob.connection.filter({ hasText: 'not connected' }).waitFor();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds no fault with the page, ${colorScheme}, empty and in use`, async () => {
    const alice = await arrive('Alice', { colorScheme, bypassCSP: true }); // axe writes elements by text
    const check = async () => {
      await alice.page.addScriptTag({ path: axe });
      const { violations } = await alice.page.evaluate(() => globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join()}`), []);
    };
    await check();
    const bob = await arrive('Bob');
    await bob.connectTo('Alice');
    await alice.isConnected();
    await alice.write('hello');
    await bob.write('welcome');
    await alice.message('welcome');
    await alice.page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished))); // half-visible text has no contrast
    await check();
  });
}

test('a node that was killed is told in plain words, connections outlive it, and all is well when it is back', async () => {
  const [alice, bob] = await connected();

  await node.kill();
  await alice.problem.filter({ hasText: 'The signaling node cannot be reached. This page keeps trying. Direct connections stay open.' }).waitFor();
  await alice.write('without the node');
  assert.match(await bob.message('without the node'), /directly/);
  await alice.page.getByRole('button', { name: 'Hang up' }).click();
  await bob.connection.filter({ hasText: 'Not connected' }).waitFor();
  await bob.write('not lost');
  await bob.problem.filter({ hasText: 'Not sent' }).waitFor();
  assert.equal(await bob.page.getByPlaceholder('Write something').inputValue(), 'not lost');
  await bob.screenshot('error-1280-light');

  await node.start();
  await Promise.all([alice.isOnline(), bob.isOnline()]);
  await bob.problem.first().waitFor({ state: 'hidden' });
  await bob.connectTo('Alice');
  await bob.page.getByRole('button', { name: 'Send' }).click();
  assert.match(await alice.message('not lost'), /directly/);
});

test('a duplicated tab takes over, and the first one says so and does not fight back', async () => {
  const alice = await arrive('Alice');
  const first = alice.page;

  await alice.openTab(await first.evaluate(() => ({ ...sessionStorage })));

  await first.getByRole('alert').filter({ hasText: 'opened a second time' }).waitFor();
  await first.getByText('Disconnected').waitFor();
  await alice.isOnline();
  await first.getByRole('button', { name: 'Join as somebody new' }).click();
  await first.getByText('Node online').waitFor();
  assert.notEqual(await first.getByLabel('You are').inputValue(), 'Alice');
});

test('a node that goes for a while is come back to when it said', async () => {
  const alice = await arrive('Alice');
  let connections = 0;
  await alice.page.routeWebSocket(/.*/, (socket) => {
    const server = socket.connectToServer();
    if (connections++ > 0) return;
    server.onMessage((text) => {
      socket.send(text);
      if (JSON.parse(text).type !== 'registered') return;
      socket.send(JSON.stringify({ type: 'goaway', reason: 'restart', reconnectAfterMs: 60_000 }));
      socket.close({ code: 1012 });
    });
  });
  await alice.page.clock.install();
  await alice.page.reload();
  await alice.problem.filter({ hasText: 'The signaling node restarts.' }).waitFor();

  await alice.page.clock.fastForward(59_000);
  assert.equal(connections, 1);
  await alice.page.clock.fastForward(1_000);

  await alice.isOnline();
  assert.equal(connections, 2);
});

test('a node that asks for a token is told in plain words', async () => {
  const strict = await NodeProcess.start('Auth:Mode=Jwt', 'Auth:Jwt:Secret=0123456789abcdef0123456789abcdef');
  try {
    const page = await browser.newPage();
    await page.goto(strict.demo);

    await page.getByRole('alert').filter({ hasText: 'This node asks its clients for a token' }).waitFor();
    await page.getByText('Disconnected').waitFor();
    await page.close();
  } finally {
    await strict.stop();
  }
});

test('video goes both ways where there is a camera, and ends when it is stopped', async () => {
  const [alice, bob] = await connected({ permissions: ['camera'] });
  const theirs = ({ page }) => page.getByLabel('Their camera');
  const plays = async (visitor) => {
    await theirs(visitor).waitFor();
    await theirs(visitor).evaluate((video) => new Promise((resolve) => video.requestVideoFrameCallback(resolve)));
  };

  await alice.page.getByRole('button', { name: 'Add video' }).click();
  await plays(bob);
  await bob.page.getByRole('button', { name: 'Add video' }).click();
  await plays(alice);
  await alice.screenshot('video-1280-light');
  const field = await alice.page.getByPlaceholder('Write something').boundingBox();
  assert.ok(field.y + field.height <= alice.page.viewportSize().height); // the picture leaves room for it

  await alice.page.getByRole('button', { name: 'Stop video' }).click();
  await theirs(bob).waitFor({ state: 'hidden' });
  await alice.page.getByRole('button', { name: 'Add video' }).click();
  await plays(bob);
});

test('a camera that is refused is told in plain words, and the connection stays', async () => {
  const [alice] = await connected({ permissions: [] });

  await alice.page.getByRole('button', { name: 'Add video' }).click();

  await alice.problem.filter({ hasText: 'told not to give the camera' }).waitFor();
  await alice.isConnected();
});

/** A peer that is no demo page, and answers nothing. */
async function registerMute(context) {
  const page = await context.newPage();
  await page.goto(new URL('/health', node.demo).href);
  await page.evaluate(() => {
    globalThis.socket = new WebSocket(location.origin.replace('http', 'ws'));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'register', peerId: 'mute', deviceType: 'radio' }));
  });
  return page;
}

test('somebody who never answers is told of after a while', async () => {
  const alice = await arrive('Alice');
  await registerMute(alice.context);
  await alice.person('mute').waitFor();
  await alice.page.clock.install();

  await alice.person('mute').click();
  await alice.page.getByText('Connecting…').first().waitFor();
  await alice.page.clock.fastForward(15_000);

  await alice.problem.filter({ hasText: 'mute did not answer' }).waitFor();
});

test('somebody who leaves before answering is told of at once', async () => {
  const alice = await arrive('Alice');
  const mute = await registerMute(alice.context);

  await alice.person('mute').click();
  await alice.page.getByText('Connecting…').first().waitFor();
  await mute.close();

  await alice.problem.filter({ hasText: 'mute has just gone' }).waitFor();
});

test('what others write is text, whatever it looks like', async () => {
  const [alice, bob] = await connected();
  const hostile = '<img src=x onerror=alert(1)>';

  await bob.rename(hostile);
  await bob.write(`${hostile}<script>alert(2)</script>`);

  assert.match(await alice.message('alert(2)'), /<img src=x onerror=alert\(1\)><script>/);
  await alice.person(hostile).waitFor();
  assert.equal(await alice.page.locator('main img, main script').count(), 0);
});

test('the page needs nothing but the node', async () => {
  const [alice, bob] = await connected();

  const { host } = new URL(node.demo);
  for (const { requests } of [alice, bob]) {
    assert.ok(requests.length > 5);
    assert.deepEqual(requests.filter((url) => new URL(url).host !== host), []);
  }
});

for (const width of [360, 768, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`it fits into ${width} pixels, ${colorScheme}`, async () => {
      const options = { width, height: width < 500 ? 740 : 800, colorScheme };
      const alice = await arrive('Alice', options);
      await alice.screenshot(`alone-${width}-${colorScheme}`);
      const bob = await arrive('Bob', options);
      await bob.connectTo('Alice');
      await bob.write('Hello Alice, this goes straight to you.');
      await alice.message('straight to you');
      await alice.write('No server in between. How fast was the handshake?');
      await bob.message('No server');
      await bob.page.locator('.step.in', { hasText: 'ICE candidates' }).waitFor();

      assert.equal(await bob.page.evaluate(() => document.documentElement.scrollWidth), width);
      await bob.screenshot(`connected-${width}-${colorScheme}`);
    });
  }
}
