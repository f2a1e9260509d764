// The kit's cases of the extensions, against the server at SERVER_URL made wrong in one way at a time.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadCases, run, select } from '../lib/runner.js';
import { DISTORTIONS, DistortingProxy } from './distorting-proxy.js';

const url = process.env.SERVER_URL;

/** By distortion: a case that has to fail. */
const CAUGHT_BY = {
  'leaves-out-seq': 'what a client with acks is sent carries a seq that rises, from the mailbox and live',
  'ignores-acks': 'an ack covers everything up to and including its seq',
  'says-stored-for-delivered': 'a recipient without acks has a message once it answered a later WebSocket ping',
  'answers-receipts-twice': 'a message to a peer that is away is stored, which replaces peer-offline',
  'ignores-receipts': 'a message that was not acknowledged when its recipient went is stored',
  'ignores-scopes': 'presence "watched" tells of those who are watched',
  'ignores-unwatch': 'unwatch ends that, and is not answered',
  'ends-pages-early': 'pages follow each other in the order of the ids, and end',
  'leaves-out-error-codes': 'an ack of what was not sent is an error and acknowledges nothing',
  'leaves-out-error-ids': 'a numeric id is repeated as it is spelled',
  'leaves-out-limits': 'registered says what the server can do, and its bounds',
  'closes-without-a-word': 'a message as large as the limit is relayed, and one byte more is an error and closes with 1009',
  'invents-ice-servers': 'it is answered by what RTCPeerConnection takes',
};

const cases = select(await loadCases(), 'extensions').filter(({ profile }) => profile === 'extensions');

async function throughProxy(distortion, use) {
  const proxy = new DistortingProxy(url, distortion);
  try {
    return await use(await proxy.start());
  } finally {
    proxy.stop();
  }
}

describe('the extensions', { concurrency: 4, skip: !url && 'SERVER_URL names no server: test/protocol starts one' }, () => {
  for (const distortion of Object.keys(DISTORTIONS)) {
    test(`A server that has the fault "${distortion}" is caught`, async () => {
      const [each, ...others] = cases.filter(({ name }) => name === CAUGHT_BY[distortion]);
      assert.ok(each && others.length === 0, `${CAUGHT_BY[distortion]} names no case`);

      const [sound] = await throughProxy('none', (proxy) => run([each], { url: proxy }));
      const [result] = await throughProxy(distortion, (proxy) => run([each], { url: proxy, patience: 1_500 }));

      assert.deepEqual([sound.outcome, result.outcome], ['passed', 'failed'], sound.error?.message);
    });
  }
});
