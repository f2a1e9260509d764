import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, Patience } from './browser.js';
import { ClientPages } from './client-pages.js';
import { NodeProcess } from './node-process.js';

// The TypeScript client's PeerConnection with the RTCPeerConnection of a browser, which has its own ideas of when to look for candidates.

/** Makes a connection in a page, and says what came over it. The other side's offer is kept until this side has made one, so that both always collide. */
const program = `
  import { SignalingClient } from 'signaling-node-client';
  import { PeerConnection } from 'signaling-node-client/webrtc';

  globalThis.meet = async ({ url, me, peer, patience }) => {
    const client = new SignalingClient({ url, peerId: me });
    const offered = Promise.withResolvers();
    const read = Promise.withResolvers();
    const signaling = {
      peerId: me,
      iceServers: (options) => client.iceServers(options),
      on: (type, listener, options) => client.on(type, async (message) => {
        if (type === 'offer') await offered.promise;
        await listener(message);
      }, options),
      relay: (to, type, members) => {
        if (type === 'offer') offered.resolve();
        return client.relay(to, type, members);
      },
    };
    let setups = 0;
    const call = new PeerConnection(signaling, peer, {
      setup: (connection) => {
        setups++;
        const channel = connection.createDataChannel('chat', { negotiated: true, id: 0 });
        channel.onopen = () => channel.send('hello from ' + me);
        channel.onmessage = ({ data }) => read.resolve(data);
      },
      onError: read.reject,
    });
    setTimeout(() => {
      const { signalingState, iceGatheringState, iceConnectionState } = call.connection ?? {};
      read.reject(new Error([me, signalingState, iceGatheringState, iceConnectionState].join()));
    }, patience);
    await client.connect();
    return { text: await read.promise, setups };
  };

  // Closes a connection while an offer is being set, and says what the client handed on afterwards.
  globalThis.hangUp = async ({ url, patience }) => {
    const [caller, client] = ['caller', 'callee'].map((peerId) => new SignalingClient({ url, peerId }));
    await Promise.all([caller.connect(), client.connect()]);
    const read = Promise.withResolvers();
    client.on('message', ({ payload }) => read.resolve(payload));
    setTimeout(() => read.reject(new Error('The client hands nothing on')), patience);
    const call = new PeerConnection(client, 'caller', {
      setup: (connection) => {
        const set = connection.setRemoteDescription;
        connection.setRemoteDescription = (description) => {
          const setting = set.call(connection, description);
          call.close();
          return setting;
        };
      },
      onError: read.reject,
    });
    const connection = new RTCPeerConnection();
    connection.createDataChannel('chat');
    await connection.setLocalDescription();
    caller.offer('callee', connection.localDescription.sdp);
    caller.send('callee', 'Are you there?');
    return read.promise;
  };
`;

let node;
let browser;
let pages;

before(async () => {
  [node, browser, pages] = await Promise.all([NodeProcess.start(), launch(), ClientPages.start()]);
  pages.program = program;
});

after(async () => {
  await browser?.close();
  pages?.stop();
  await node?.stop();
});

test('two pages that offer at the same moment have one connection, each time', async () => {
  const context = await browser.newContext();
  const [first, second] = await Promise.all([context.newPage(), context.newPage()]);

  for (let round = 0; round < 12; round++) {
    const [yielding, other] = round % 2 ? [first, second] : [second, first];
    const [alice, bob] = [`alice-${round}`, `bob-${round}`];
    const meet = async (page, me, peer) => {
      await page.goto(pages.address);
      await page.waitForFunction(() => globalThis.meet);
      return page.evaluate((options) => globalThis.meet(options), { url: `ws://${new URL(node.demo).host}/`, me, peer, patience: Patience });
    };

    const met = await Promise.all([meet(yielding, alice, bob), meet(other, bob, alice)]);

    assert.deepEqual(met, [{ text: `hello from ${bob}`, setups: 2 }, { text: `hello from ${alice}`, setups: 1 }]);
  }
  await context.close();
});

test('a connection that is closed while an offer is being set holds no later message up', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(pages.address);
  await page.waitForFunction(() => globalThis.hangUp);

  const text = await page.evaluate((options) => globalThis.hangUp(options), { url: `ws://${new URL(node.demo).host}/`, patience: Patience });

  assert.equal(text, 'Are you there?');
  await context.close();
});
