// The page: people on the left, what is said in the middle, the handshake on the right.

import { Call } from './call.js';
import { randomId } from './random.js';
import { Signaling } from './signaling.js';
import { forget, remember, tab } from './tab.js';
import { drawTimeline, milliseconds, Timeline } from './timeline.js';
import * as words from './words.js';

const RosterEveryMs = 10_000;                             // a new name is not announced: see `register` in docs/protocol.md
const byId = (id) => document.getElementById(id);

/** @type {Map<string, {peerId: string, name: string, deviceType?: string, online: boolean, unread: number}>} */
const people = new Map(Object.entries(tab.people).map(([peerId, { name }]) => [peerId, { peerId, name, online: false, unread: 0 }]));
/** @type {Map<string, Call>} */
const calls = new Map();
/** @type {Map<string, Timeline>} Of the last call with each peer. */
const timelines = new Map();
/** @type {Map<string, string>} What went wrong with each peer last, until the next attempt. */
const problems = new Map();
/** @type {Map<string, MediaStream>} */
const videos = new Map();
let ownVideo = null;

const signaling = new Signaling(new URL('./', location.href).href.replace(/^http/, 'ws'), () => tab);

// ---- What the node says

signaling.addEventListener('state', ({ detail: { state, problem } }) => {
  const pill = byId('state');
  pill.dataset.state = state;
  pill.textContent = words.nodeState[state];
  byId('retry').hidden = state === 'ended' || state === 'online';
  byId('renew').hidden = state !== 'ended';
  byId('dismiss').hidden = state !== 'online';
  if (state === 'online') {
    showProblem(null);
    for (const [peer, text] of problems) if (text === words.needsNode || text === words.notSent) problems.delete(peer);
  }
  if (problem) showProblem(state === 'ended' ? problem : `${problem} ${words.tryingAgain(calls.size > 0)}`);
  draw();
});

signaling.addEventListener('peers', ({ detail: peers }) => {
  const here = new Set(peers.map(({ peerId }) => peerId));
  for (const person of people.values()) if (!here.has(person.peerId)) wentAway(person.peerId);
  peers.forEach(isHere);
  draw();
});

signaling.addEventListener('peer', ({ detail: peer }) => {
  if (peer.online) isHere(peer);
  else wentAway(peer.peerId);
  draw();
});

signaling.addEventListener('away', ({ detail: { peerId } }) => {
  const call = calls.get(peerId);
  if (call?.isUnanswered) call.end('away');
});

signaling.addEventListener('message', ({ detail: { message, storedAt } }) => {
  const { type, from, payload, name } = message;
  switch (type) {
    case 'message':
      if (typeof payload?.text !== 'string') return;
      personOf(from, payload.name);
      say(from, { id: message.id, text: payload.text, at: storedAt ?? Date.now(), via: storedAt ? 'kept' : 'node' });
      break;
    case 'offer':
      personOf(from, name);
      if (storedAt) note(from, words.triedToConnect(nameOf(from)));
      else offered(message);
      break;
    case 'answer':
    case 'ice-candidate':
    case 'ice-candidates':
      if (!storedAt && isForThisPage(message)) calls.get(from)?.receive(message);
      break;
  }
});

signaling.addEventListener('receipt', ({ detail: { id, to, status, problem } }) => {
  const message = conversation(to).messages.find((said) => said.id === id);
  if (message) Object.assign(message, { state: status, problem });
  remember();
  draw();
});

signaling.addEventListener('problem', ({ detail }) => showProblem(detail));

function isHere({ peerId, deviceType, deviceInfo }) {
  Object.assign(personOf(peerId, deviceInfo?.name), { deviceType, online: true });
}

function wentAway(peerId) {
  const person = people.get(peerId);
  if (!person) return;
  person.online = false;
  const call = calls.get(peerId);
  if (call?.isUnanswered) call.end('away');
  if (!calls.has(peerId) && !tab.people[peerId] && tab.selected !== peerId) people.delete(peerId);
}

/** An answer and candidates may still come for a page that was reloaded, or for an attempt that is over. */
function isForThisPage({ from, peerSession }) {
  return !peerSession || peerSession === calls.get(from)?.session;
}

// ---- Calls

function offered(message) {
  const { from, session } = message;
  if (!isForThisPage(message)) return;
  if (calls.get(from)?.isSupersededBy(session)) calls.get(from).end('replaced');
  const call = calls.get(from) ?? begin(from, words.theyConnect(nameOf(from)), false);
  call?.receive(message);
  if (!tab.selected) select(from);
}

/** @returns {Call | null} null where this browser cannot */
function begin(peer, firstStep, isOurs) {
  problems.delete(peer);
  const timeline = new Timeline(isOurs);
  timelines.set(peer, timeline);
  timeline.add({ direction: 'local', label: firstStep });
  let call;
  try {
    call = new Call({ me: tab.peerId, peer, iceServers: signaling.iceServers, send: (message) => signaling.send({ ...message, to: peer, name: tab.name }) });
  } catch (failure) {
    problems.set(peer, words.noWebRtc(failure));
    draw();
    return null;
  }
  calls.set(peer, call);
  call.addEventListener('step', ({ detail }) => {
    timeline.add(detail);
    draw();
  });
  call.addEventListener('open', draw);
  call.addEventListener('path', ({ detail }) => {
    timeline.path = detail;
    draw();
  });
  call.addEventListener('data', ({ detail: { id, text, name } }) => {
    if (name) renamed(peer, name);
    else say(peer, { id, text, at: Date.now(), via: 'direct' });
  });
  call.addEventListener('video', ({ detail: stream }) => {
    if (stream) videos.set(peer, stream);
    else videos.delete(peer);
    draw();
  });
  call.addEventListener('end', ({ detail: { reason, failure } }) => {
    calls.delete(peer);
    videos.delete(peer);
    if (ownVideo?.peer === peer) ownVideo = null;
    const problem = words.callProblem(reason, failure, nameOf(peer));
    if (problem) problems.set(peer, problem);
    timeline.add({ direction: 'local', label: words.callEnd(reason, nameOf(peer)) });
    if (reason === 'left' && !people.get(peer)?.online) wentAway(peer);
    draw();
  });
  return call;
}

function connect(peer) {
  if (calls.has(peer)) return;
  if (signaling.isOnline) begin(peer, words.youConnect, true);
  else problems.set(peer, words.needsNode);
  draw();
}

async function toggleVideo() {
  const peer = tab.selected;
  const call = calls.get(peer);
  if (!call) return;
  problems.delete(peer);
  if (!signaling.isOnline) {
    problems.set(peer, words.needsNode);                  // video is negotiated, as the connection was
  } else if (call.hasCamera) {
    call.removeVideo();
    ownVideo = null;
  } else {
    try {
      const stream = await call.addVideo();
      if (stream) ownVideo = { peer, stream };
    } catch (failure) {
      problems.set(peer, words.noCamera(failure, isSecureContext));
    }
  }
  draw();
}

// ---- What is said

function conversation(peer) {
  return (tab.people[peer] ??= { name: nameOf(peer), messages: [] });
}

function say(peer, message) {
  const { messages } = conversation(peer);
  if (message.id && messages.some(({ id }) => id === message.id)) return; // sent or delivered again
  messages.push(message);
  if (!message.mine && tab.selected !== peer) {
    if (tab.selected) people.get(peer).unread++;
    else select(peer);
  }
  remember();
  draw();
}

function note(peer, text) {
  say(peer, { text, at: Date.now(), via: 'note' });
}

function send(text) {
  const peer = tab.selected;
  const call = calls.get(peer);
  const id = randomId();
  const message = { id, text, at: Date.now(), mine: true };
  if (call?.isOpen) {
    call.send({ id, text });
    say(peer, { ...message, via: 'direct' });
  } else if (signaling.isOnline) {
    say(peer, { ...message, via: 'node', state: 'sending' });
    signaling.sendWithReceipt(byNode(peer, message));
  } else {
    problems.set(peer, words.notSent);
    draw();
    return false;
  }
  problems.delete(peer);
  return true;
}

function byNode(to, { id, text }) {
  return { type: 'message', to, id, payload: { text, name: tab.name } };
}

// ---- People

function personOf(peerId, name) {
  let person = people.get(peerId);
  if (!person) people.set(peerId, person = { peerId, name: peerId, online: false, unread: 0 });
  if (typeof name === 'string' && name.trim()) person.name = name.slice(0, 64);
  if (tab.people[peerId]) tab.people[peerId].name = person.name;
  return person;
}

function renamed(peerId, name) {
  personOf(peerId, name);
  draw();
}

function nameOf(peerId) {
  return people.get(peerId)?.name ?? peerId;
}

function select(peer) {
  tab.selected = peer;
  people.get(peer).unread = 0;
  remember();
  draw();
}

// ---- Drawing: everything from what is known, into the elements that are there, so that the keyboard's focus stays where it is

let isDrawing = false;

function draw() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    drawPeople();
    drawTalk();
    drawHandshake();
  });
}

function drawPeople() {
  const list = byId('list');
  const sorted = [...people.values()].sort((a, b) => b.online - a.online || a.name.localeCompare(b.name));
  const focused = document.activeElement;
  sorted.forEach((person, index) => {
    const item = [...list.children].find(({ dataset }) => dataset.peer === person.peerId) ?? newPerson(person);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    drawPerson(item, person);
  });
  while (list.children.length > sorted.length) list.lastElementChild.remove();
  if (list.contains(focused)) focused.focus();
  byId('count').textContent = sorted.filter(({ online }) => online).length;
  byId('nobody').hidden = sorted.some(({ online }) => online);
}

function newPerson({ peerId }) {
  const item = byId('person').content.firstElementChild.cloneNode(true);
  item.dataset.peer = peerId;
  item.style.setProperty('--hue', words.hue(peerId));
  item.querySelector('button').addEventListener('click', () => {
    select(peerId);
    if (people.get(peerId).online) connect(peerId);
    queueMicrotask(goToTalk);                             // once it is drawn
  });
  return item;
}

function goToTalk() {
  if (matchMedia('(hover: hover)').matches) byId('text').focus();
  else byId('talk').scrollIntoView(); // a phone's keyboard would hide what was chosen
}

function drawPerson(item, person) {
  const button = item.querySelector('button');
  button.setAttribute('aria-current', person.peerId === tab.selected);
  button.title = person.peerId;
  button.dataset.presence = person.online && signaling.isOnline ? 'online' : 'away';
  item.querySelector('.avatar').textContent = words.initials(person.name);
  item.querySelector('.name').textContent = person.name;
  item.querySelector('.status').textContent = words.personState(person, calls.get(person.peerId), signaling.isOnline);
  const unread = item.querySelector('.unread');
  unread.hidden = person.unread === 0;
  unread.textContent = words.unread(person.unread);
}

function drawTalk() {
  const peer = tab.selected;
  for (const id of ['actions', 'log', 'composer']) byId(id).hidden = !peer;
  if (!peer) return;
  const person = personOf(peer);
  const call = calls.get(peer);
  const messages = tab.people[peer]?.messages ?? [];
  byId('peer-name').textContent = person.name;
  setText(byId('call-state'), words.callState(person, call, timelines.get(peer), signaling.isOnline));
  byId('connect').textContent = call ? (call.isOpen ? 'Hang up' : 'Cancel') : 'Connect';
  byId('connect').classList.toggle('primary', !call);
  byId('connect').disabled = !call && !(person.online && signaling.isOnline);
  byId('video').textContent = call?.hasCamera ? 'Stop video' : 'Add video';
  byId('video').disabled = !call?.isOpen;
  const problem = byId('call-problem');
  problem.hidden = !problems.has(peer);
  setText(problem, problems.get(peer) ?? '');
  setText(byId('route'), words.route(person, call, signaling.isOnline));
  byId('log').hidden = messages.length === 0;
  drawMessages(byId('messages'), peer, messages);
  const theirs = show(byId('their-video'), videos.get(peer));
  const mine = show(byId('my-video'), ownVideo?.peer === peer ? ownVideo.stream : null);
  byId('stage').hidden = !theirs && !mine;
  byId('nothing').hidden = messages.length > 0 || theirs || mine;
}

function drawMessages(list, peer, messages) {
  if (list.dataset.peer !== peer) list.replaceChildren();
  list.dataset.peer = peer;
  const had = list.children.length;
  messages.forEach((message, index) => {
    const item = list.children[index] ?? list.appendChild(byId('message').content.firstElementChild.cloneNode(true));
    item.className = message.via === 'note' ? 'note' : message.mine ? 'mine' : 'theirs';
    setText(item.querySelector('.said'), message.text);
    setText(item.querySelector('.meta'), words.meta(message, nameOf(peer)));
    const tag = item.querySelector('.tag');
    setText(tag, words.tag(message));
    tag.hidden = !tag.textContent;
  });
  while (list.children.length > messages.length) list.lastElementChild.remove();
  if (list.children.length !== had) showLast(byId('log'));
}

function showLast(log) {
  log.scrollTop = log.scrollHeight;
}

function show(video, stream) {
  if (video.srcObject !== (stream ?? null)) video.srcObject = stream ?? null;
  video.hidden = !stream;
  return Boolean(stream);
}

function drawHandshake() {
  const timeline = timelines.get(tab.selected);
  byId('lanes').hidden = !timeline;
  byId('no-steps').hidden = Boolean(timeline);
  const total = timeline?.connectedAfterMs ?? null;
  byId('total').hidden = total === null;
  if (!timeline) return;
  if (total !== null) {
    byId('total').firstElementChild.textContent = milliseconds(total);
    byId('total').children[1].textContent = words.took(timeline);
    byId('total').children[2].textContent = timeline.path;
  }
  byId('lane-peer').textContent = nameOf(tab.selected);
  drawTimeline(byId('steps'), byId('step'), timeline.steps, nameOf(tab.selected));
}

function showProblem(text) {
  byId('problem').hidden = !text;
  setText(byId('problem').firstElementChild, text ?? '');
}

/** A live region is read out when its text is set, also to what it was. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// ---- What the visitor does

byId('name').value = tab.name;
new ResizeObserver(([{ target }]) => showLast(target)).observe(byId('log'));
byId('name').addEventListener('change', ({ target }) => {
  tab.name = target.value.trim() || tab.name;
  target.value = tab.name;
  remember();
  signaling.register();
  for (const call of calls.values()) call.send({ name: tab.name });
});
byId('me').addEventListener('submit', (event) => {
  event.preventDefault();
  byId('name').blur();
});
byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (text && send(text)) byId('text').value = '';
});
byId('connect').addEventListener('click', () => {
  const call = calls.get(tab.selected);
  if (call) call.end('hung-up');
  else connect(tab.selected);
});
byId('video').addEventListener('click', toggleVideo);
byId('retry').addEventListener('click', () => signaling.connect());
byId('dismiss').addEventListener('click', () => showProblem(null));
byId('renew').addEventListener('click', () => {
  forget();
  location.reload();
});
addEventListener('pagehide', () => {
  for (const call of calls.values()) call.end('hung-up');
});
addEventListener('pageshow', ({ persisted }) => persisted && location.reload()); // back by the history, with its calls gone
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && signaling.wake());
setInterval(() => signaling.askForPeers(), RosterEveryMs);

byId('phone').textContent = words.phone(location);
remember();
for (const [peer, { messages }] of Object.entries(tab.people)) // what the last page of this tab saw no receipt for
  for (const message of messages) if (message.state === 'sending') signaling.sendWithReceipt(byNode(peer, message));
signaling.connect();
draw();
