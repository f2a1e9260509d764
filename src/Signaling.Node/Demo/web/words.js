// Everything the page says that depends on how things are, in plain words.

const Time = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });

export const nodeState = { connecting: 'Connecting…', online: 'Node online', waiting: 'Node unreachable', ended: 'Disconnected' };

export const youConnect = 'You connect';
export const theyConnect = (name) => `${name} connects`;
export const triedToConnect = (name) => `${name} tried to connect while you were away.`;
export const needsNode = 'The signaling node cannot be reached, and without it two browsers do not find each other. It works again once the node is back.';
export const notSent = 'Not sent: the signaling node cannot be reached and there is no direct connection. Your text is still in the field.';
export const noWebRtc = (failure) => `This browser makes no WebRTC connection: ${failure.message}`;

export function tryingAgain(hasCalls) {
  return `This page keeps trying.${hasCalls ? ' Direct connections stay open.' : ''}`;
}

export function phone({ hostname, port, pathname, protocol, href }) {
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const address = isLocal ? `${protocol}//<this machine's address>${port && `:${port}`}${pathname}` : href;
  return `Or on a phone in the same network: ${address}`;
}

export function personState({ online, deviceType }, call, isNodeOnline) {
  if (call?.isOpen) return 'connected to you';
  if (call) return 'connecting…';
  if (!isNodeOnline) return 'not known now';
  if (!online) return 'away';
  return deviceType === 'web' ? 'online' : `online, ${deviceType}`;
}

export function callState({ online }, call, timeline, isNodeOnline) {
  const ms = timeline?.connectedAfterMs;
  if (call?.isOpen) return `Connected directly${ms != null ? ` in ${Math.round(ms)} ms` : ''}`;
  if (call) return 'Connecting…';
  if (!isNodeOnline) return 'Not connected';
  return online ? 'Online, not connected' : 'Away';
}

export function callEnd(reason, name) {
  return {
    'hung-up': 'You hung up',
    left: `${name} hung up or left`,
    lost: 'Connection lost',
    unanswered: 'No answer',
    away: `${name} is away`,
    'no-path': 'No path found',
    broken: 'Failed',
    replaced: `${name} connects anew`,
  }[reason];
}

export function callProblem(reason, failure, name) {
  return {
    lost: `The connection to ${name} was lost. Connect again, or write: the node keeps your message.`,
    unanswered: `${name} did not answer. Perhaps the tab is asleep, or is no page like this one.`,
    away: `${name} has just gone. Write, and the node keeps your message.`,
    'no-path': `No way was found from here to ${name}: a firewall is between you, perhaps. A TURN server (Turn:Urls of the node) would relay.`,
    broken: `The connection to ${name} failed: ${failure?.message}`,
  }[reason];
}

export function noCamera({ name, message }, isSecureContext) {
  if (!isSecureContext) return 'Browsers give the camera only to pages at https:// or at localhost. The rest works without.';
  return {
    NotFoundError: 'No camera was found. The rest works without.',
    NotAllowedError: 'The browser was told not to give the camera to this page.',
    NotReadableError: 'The camera is in use by another program.',
  }[name] ?? `The camera does not start: ${message}`;
}

export function route({ name, online }, call, isNodeOnline) {
  if (call?.isOpen) return `Goes directly to ${name}, past the node`;
  if (!isNodeOnline) return 'Nothing can be sent now';
  return online ? `Goes by way of the node` : `${name} is away: the node keeps it until ${name} is back`;
}

export function tag({ via, mine }) {
  return via === 'kept' && !mine ? 'While you were away' : '';
}

export function meta({ at, via, mine, state, problem }, name) {
  if (via === 'note') return Time.format(at);
  return `${Time.format(at)} · ${mine ? sent(via, state, problem, name) : { direct: 'directly', node: 'by way of the node', kept: 'kept by the node' }[via]}`;
}

function sent(via, state, problem, name) {
  if (via === 'direct') return 'directly';
  return { sending: 'sending…', delivered: 'delivered by the node', stored: `kept by the node until ${name} is back`, refused: `not sent: ${problem}` }[state];
}

export const took = ({ isOurs }) => `from ${isOurs ? 'click' : 'their offer'} to open data channel`;

export const unread = (count) => (count === 0 ? '' : `${count} new`);

export function initials(name) {
  return name.split(/\s+/).map((word) => [...word][0] ?? '').slice(0, 2).join('').toUpperCase();
}

/** A colour for each peer, 0 to 359, the same on every page. */
export function hue(peerId) {
  let hash = 0;
  for (const character of peerId) hash = (hash * 31 + character.codePointAt(0)) % 360;
  return hash;
}
