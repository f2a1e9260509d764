// What is measured, and how: each scenario starts the servers it compares, fresh and warmed up, one after another, in an order that turns from round to round.
import { setTimeout as delay } from 'node:timers/promises';
import { load, loadBeside } from './load.js';
import { clusterScaleOf, scaleOf } from './micro.js';
import { withCluster, withServer } from './servers.js';
import { idleWss } from './wss.js';

export const connectionCounts = [1_000, 2_000, 5_000, 10_000, 18_000];
export const peerCounts = [10_000, 50_000, 100_000, 500_000];
export const clusterPeerCounts = [1_000, 10_000, 30_000, 100_000];

export const scenarios = { relay, connections, idle, wss, storm, presence, churn, roster, slow, scale, cluster, 'cluster-scale': clusterScale };

const rotated = (list, round) => list.map((_, i) => list[(i + round - 1) % list.length]);

/** Until the code that is measured has been compiled for what it does: .NET's tiered compilation takes seconds of load for it, V8 less. */
const warm = async (server, quick) => {
  const seconds = quick ? 0.5 : ['node', 'echo', 'one', 'across'].includes(server.kind) ? 3.5 : 1.5;
  for (const size of [200, 4096]) await load(server, 'relay', { pairs: 50, window: 8, size, warmup: 0, seconds });
};
const warmConnects = async (server, quick) => {
  await load(server, 'relay', { pairs: 50, window: 4, warmup: 0, seconds: quick ? 0.3 : 1 });
  for (let times = quick ? 1 : 3; times > 0; times--) await load(server, 'idle', { connections: quick ? 200 : 900, settle: 0.2, hold: 0.2, drop: 'fin' });
};

// Half of what (a) can do in the closed loop, found in the first round that measures it.
let halfOfWs = 0;

async function relay({ round, quick, record }) {
  const time = { warmup: quick ? 0.3 : 1, seconds: quick ? 0.5 : 3 };
  const steps = {
    small: { pairs: 50, window: 16, size: 200 },
    sdp: { pairs: 50, window: 4, size: 4096 },
    closed: { pairs: 500, window: 1, size: 200 },
  };
  const measured = { node: ['small', 'sdp', 'closed', 'open'], ws: ['small', 'sdp', 'closed', 'open'], wsTuned: ['small', 'sdp'], echo: ['small', 'sdp', 'closed'], peerjs: ['small', 'closed'] };
  const others = rotated(['node', 'wsTuned', 'echo', 'peerjs'], round);
  for (const kind of ['ws', ...others]) { // (a) first: the pace of the open loop comes from it
    await withServer(kind, async (server) => {
      await warm(server, quick);
      for (const step of measured[kind]) {
        if (kind === 'node') await delay(1_500); // it tells of those who have gone after a second: with nobody there to be told, not in the next step
        const options = step === 'open' ? { pairs: 500, size: 200, rate: halfOfWs } : steps[step];
        const result = await load(server, 'relay', { ...options, ...time });
        if (kind === 'ws' && step === 'closed' && halfOfWs === 0) halfOfWs = Math.round(result.msg_per_s / 2);
        record(kind, step, result);
      }
    });
  }
}

async function connections({ round, quick, record }) {
  for (const count of quick ? [1_000] : connectionCounts) {
    for (const kind of rotated(['node', 'ws'], round)) {
      await withServer(kind, async (server) => {
        await warmConnects(server, quick);
        record(kind, `${count}`, await load(server, 'idle', { connections: count, settle: 1, hold: 0.5, timeout: 60 }));
      });
    }
  }
}

/** What a node does that nobody talks to: with the pings of the default configuration, and without. */
async function idle({ quick, record }) {
  const most = quick ? 1_000 : 18_000;
  for (const [step, settings, hold] of [['pings', [], quick ? 2 : 26], ['silent', ['Connection:PingInterval=01:00:00'], quick ? 1 : 6]]) {
    await withServer('node', async (server) => record('node', step, await load(server, 'idle', { connections: most, settle: 2, hold, timeout: 60 })), settings);
  }
}

async function wss({ quick, record }) {
  record('node', 'wss', await idleWss(quick ? 300 : 5_000));
}

async function storm({ round, quick, record }) {
  const options = { connections: quick ? 500 : 15_000, inflight: 0, settle: quick ? 0.5 : 1, quiet: quick ? 0.5 : 3, seconds: 60 };
  for (const kind of rotated(['node', 'ws'], round)) {
    await withServer(kind, async (server) => {
      await warm(server, quick);
      await warmConnects(server, quick);
      // (a) has no mailbox: it is not sent what it could not keep, which makes its storm the lighter one.
      record(kind, 'storm', await loadBeside(server, 'reconnect', { ...options, mail: kind === 'node' ? 2 : 0, size: 1024 }, { pairs: 100, rate: 4_000 }));
    });
  }
}

async function presence({ quick, record }) {
  const observers = quick ? 100 : 1_000;
  await withServer('node', async (server) => {
    await warm(server, quick);
    await load(server, 'presence', { observers: 100, joins: 200, rate: 400, 'no-leave': true, 'register-extra': ',"presence":"all"', 'visitor-extra': ',"presence":"none"' });
    record('node', 'broadcast', await loadBeside(server, 'presence',
      { observers, joins: observers, rate: observers, 'no-leave': true, 'join-timeout': 20, seconds: 60, quiet: quick ? 0.5 : 3, 'register-extra': ',"presence":"all"', 'visitor-extra': ',"presence":"none"' },
      { pairs: 100, rate: 4_000, 'register-extra': ',"presence":"none"' }));
  });
}

/** The same comings and goings among many peers and among few, so that the report can say whether cost follows how many there are. */
async function churn({ quick, record }) {
  for (const peers of quick ? [300] : [2_000, 15_000]) {
    await withServer('node', async (server) => {
      await warm(server, quick);
      await warmConnects(server, quick);
      record('node', `${peers}`, await loadBeside(server, 'churn',
        { peers, watchers: 50, watch: 20, flappers: quick ? 50 : 500, rate: quick ? 100 : 2_000, seconds: 1, quiet: quick ? 0.5 : 3 },
        { pairs: 100, rate: 4_000 }));
    });
  }
}

async function roster({ quick, record }) {
  const peers = quick ? 300 : 15_000;
  await withServer('node', async (server) => {
    await warm(server, quick);
    await load(server, 'roster', { peers: 200, askers: 20, asks: 20, settle: 0.2 });
    await load(server, 'roster', { peers: 200, askers: 20, asks: 20, limit: 20, settle: 0.2 });
    record('node', 'one', await load(server, 'roster', { peers, askers: 1, asks: 1, settle: 1 }));
    record('node', 'full', await load(server, 'roster', { peers, askers: 50, asks: 1, settle: 1 }));
    record('node', 'paged', await load(server, 'roster', { peers, askers: 50, asks: 1, limit: 100, settle: 1 }));
  });
}

async function slow({ quick, record }) {
  const relay = { pairs: quick ? 100 : 1_000, rate: quick ? 1_000 : 10_000 };
  await withServer('node', async (server) => {
    await warm(server, quick);
    record('node', 'slow', await loadBeside(server, 'slow', { rate: 2_000, size: 4096, seconds: quick ? 1 : 4, quiet: quick ? 0.5 : 4 }, relay));
  });
}

/** The actors alone, once: nothing is beside them, and the rounds are for what competes. */
async function scale({ round, quick, record }) {
  if (round > 1) return;
  for (const peers of quick ? [1_000] : peerCounts) record('actors', `${peers}`, await scaleOf(peers));
}

/** What a cluster costs: as one node, and for messages from one of three to another. */
async function cluster({ quick, record }) {
  const time = { warmup: quick ? 0.3 : 1, seconds: quick ? 0.5 : 3 };
  const relayed = async (server) => {
    await warm(server, quick);
    for (const [step, options] of [['closed', { pairs: 250, window: 1 }], ['small', { pairs: 50, window: 16 }]]) {
      await delay(1_500);
      record(server.kind, step, await load(server, 'relay', { size: 200, ...options, ...time }));
    }
  };
  const held = async (server) => {
    await warmConnects(server, quick);
    record(server.kind, 'idle', await load(server, 'idle', { connections: quick ? 500 : 8_000, settle: 1, hold: 0.5, timeout: 60 }));
  };
  const measured = async (server) => {
    await held(server);
    await relayed(server);
  };
  await withServer('node', measured);
  await withCluster(async (one, whole) => {
    await measured(one);
    const across = whole();
    await delay(quick ? 0 : 15_000); // until each node has its share of the mailboxes
    if (!quick) await warm(across, quick); // three processes that compile on two cores
    await relayed(across);
  });
}

/** The actors of three nodes and one that joins and leaves, without sockets, once. */
async function clusterScale({ round, quick, record }) {
  if (round > 1) return;
  for (const peers of quick ? [1_000] : clusterPeerCounts) record('actors', `${peers}`, await clusterScaleOf(peers));
}
