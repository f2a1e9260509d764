// What this tab remembers over a reload: who it is, and what was said. Another tab is somebody else.

import { randomId } from './random.js';

const Key = 'signaling-node-demo';
const KeptMessages = 100;

const Adjectives = ['Amber', 'Brave', 'Calm', 'Clever', 'Coral', 'Gentle', 'Golden', 'Happy', 'Jolly', 'Kind', 'Lucky', 'Mellow', 'Nimble', 'Quiet', 'Silver', 'Sunny'];
const Animals = ['Badger', 'Crane', 'Dolphin', 'Falcon', 'Finch', 'Fox', 'Heron', 'Koala', 'Lynx', 'Marten', 'Otter', 'Panda', 'Robin', 'Seal', 'Tiger', 'Wren'];

/** @type {{peerId: string, name: string, selected: string | null, people: Record<string, {name: string, messages: object[]}>}} */
export const tab = remembered() ?? someone();

/** Keeps it as it is now. */
export function remember() {
  for (const { messages } of Object.values(tab.people)) messages.splice(0, messages.length - KeptMessages);
  try {
    sessionStorage.setItem(Key, JSON.stringify(tab));
  } catch { /* Private windows of some browsers keep nothing: then a reload is a new visitor. */ }
}

/** The next load of this tab is somebody new. */
export function forget() {
  sessionStorage.removeItem(Key);
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(Key));
  } catch {
    return null;
  }
}

function someone() {
  const name = `${pick(Adjectives)} ${pick(Animals)}`;
  return { peerId: `${name.toLowerCase().replace(' ', '-')}-${randomId().slice(0, 6)}`, name, selected: null, people: {} };
}

function pick(list) {
  return list[crypto.getRandomValues(new Uint32Array(1))[0] % list.length];
}
