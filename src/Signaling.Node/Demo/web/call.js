// A WebRTC connection to one peer: a data channel, and video where somebody adds it. Both sides may begin, also at the same moment
// (perfect negotiation: https://www.w3.org/TR/webrtc/#perfect-negotiation-example).

import { randomId } from './random.js';

const ConnectWithinMs = 15_000;
const CandidateBatchMs = 20;                              // candidates come in bursts; one message takes a burst

/**
 * Events, all with a `detail`: `step` {direction: 'out' | 'in' | 'local', label, detail?, count?, isLast?}: what happened, for the timeline,
 * `open`, `path` (a sentence), `data` (what the peer sent), `video` (a MediaStream or null),
 * `end` {reason: 'hung-up' | 'left' | 'lost' | 'unanswered' | 'away' | 'no-path' | 'broken' | 'replaced', failure?}.
 */
export class Call extends EventTarget {
  /** Tells this connection's messages from those of another page or another attempt, which may still be on their way. */
  session = randomId();

  #remoteSession = null;
  #connection;
  #channel;
  #isPolite;
  #iceServers;
  #sendByNode;
  #makingOffer = false;
  #settingAnswer = false;
  #ignoringOffer = false;
  #wasAnswered = false;
  #candidates = [];
  #timeout;
  #camera = null;
  #sender = null;
  #isOver = false;

  /**
   * @param {{me: string, peer: string, iceServers: RTCIceServer[], send: (message: object) => void}} options
   *   send takes what goes to the peer by way of the node
   */
  constructor({ me, peer, iceServers, send }) {
    super();
    this.#isPolite = me > peer;                           // any rule will do on which both agree
    this.#sendByNode = (message) => send({ ...message, session: this.session, peerSession: this.#remoteSession });
    this.#iceServers = iceServers;
    this.#open();
    this.#timeout = setTimeout(() => this.end(this.#wasAnswered ? 'no-path' : 'unanswered'), ConnectWithinMs);
  }

  get isOpen() {
    return this.#channel.readyState === 'open';
  }

  get isUnanswered() {
    return !this.#wasAnswered;
  }

  get hasCamera() {
    return this.#camera !== null;
  }

  /** Whether an offer of this session comes from a page that has taken the place of the one this call is with. */
  isSupersededBy(session) {
    return this.#remoteSession !== null && this.#remoteSession !== session;
  }

  /** Takes an offer, an answer or candidates. */
  receive(message) {
    if (this.isSupersededBy(message.session)) return;
    this.#remoteSession ??= message.session ?? null;
    this.#attempt(() => this.#take(message));
  }

  /** Straight to the peer, where the channel is open. */
  send(data) {
    if (this.isOpen) this.#channel.send(JSON.stringify(data));
  }

  /** @throws {DOMException} where the browser gives no camera */
  async addVideo() {
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 } } });
    if (this.#isOver) {
      camera.getTracks().forEach((track) => track.stop());
      return null;
    }
    this.#camera = camera;
    const [track] = camera.getVideoTracks();
    if (this.#sender) {                                   // the place that an earlier camera has left
      this.#connection.getTransceivers().find(({ sender }) => sender === this.#sender).direction = 'sendrecv';
      this.#sender.setStreams(camera);
      await this.#sender.replaceTrack(track);
    } else {
      this.#sender = this.#connection.addTrack(track, camera);
    }
    return camera;
  }

  removeVideo() {
    this.#camera?.getTracks().forEach((track) => track.stop());
    this.#camera = null;
    if (!this.#isOver && this.#sender) this.#connection.removeTrack(this.#sender);
  }

  /** Ends it; the other side sees its channel close. */
  end(reason, failure) {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timeout);
    this.removeVideo();
    this.#channel.close();
    this.#connection.close();
    this.#emit('end', { reason, failure });
  }

  #open() {
    const connection = new RTCPeerConnection({ iceServers: this.#iceServers });
    this.#connection = connection;
    connection.onnegotiationneeded = () => this.#attempt(() => this.#offer(connection));
    connection.onicecandidate = ({ candidate }) => candidate?.candidate && this.#collect(candidate);
    connection.onconnectionstatechange = () => this.#connectionChanged();
    connection.oniceconnectionstatechange = () => this.#iceChanged();
    connection.ontrack = ({ track, streams: [stream] }) => this.#show(track, stream);
    this.#channel = connection.createDataChannel('chat', { negotiated: true, id: 0 });
    this.#channel.onopen = () => {
      this.#step('local', 'Connected', { detail: 'channel open', isLast: true });
      this.#emit('open');
    };
    this.#channel.onmessage = ({ data }) => this.#emit('data', JSON.parse(data));
    this.#channel.onclose = () => this.end('left');
  }

  /**
   * Makes room for the other side's first offer by a new connection. To take its own offer back would do, but Chromium (156) then often looks for candidates
   * for ever: where it has just begun to, when the offer goes.
   */
  #reopen() {
    const [connection, channel] = [this.#connection, this.#channel];
    connection.onnegotiationneeded = connection.onicecandidate = connection.onconnectionstatechange = connection.oniceconnectionstatechange = connection.ontrack = null;
    channel.onopen = channel.onmessage = channel.onclose = null;
    connection.close();
    this.#candidates.length = 0;
    this.#makingOffer = false;
    this.#open();
    if (this.#camera) this.#sender = this.#connection.addTrack(this.#camera.getVideoTracks()[0], this.#camera);
  }

  async #offer(connection) {
    try {
      this.#makingOffer = true;
      await connection.setLocalDescription();
      if (connection === this.#connection) this.#describe();
    } catch (failure) {
      if (connection === this.#connection) throw failure;
    } finally {
      if (connection === this.#connection) this.#makingOffer = false;
    }
  }

  async #take(message) {
    if (message.type === 'offer' || message.type === 'answer') await this.#takeDescription(message);
    else await this.#takeCandidates(message.candidates ?? [message.candidate]);
  }

  async #takeDescription({ type, sdp }) {
    const { signalingState } = this.#connection;
    const isReady = !this.#makingOffer && (signalingState === 'stable' || this.#settingAnswer);
    this.#ignoringOffer = type === 'offer' && !isReady && !this.#isPolite;
    this.#step('in', type, { detail: this.#ignoringOffer ? 'both offered: ours counts' : size(sdp) });
    if (this.#ignoringOffer) return;
    this.#wasAnswered = true;
    this.#settingAnswer = type === 'answer';
    if (type === 'offer' && !isReady && !this.#connection.remoteDescription) this.#reopen();
    const set = this.#connection.setRemoteDescription({ type, sdp }); // takes this side's own offer back where both made one
    try {
      await set;
    } finally {
      this.#settingAnswer = false;
    }
    if (type !== 'offer') return;
    await this.#connection.setLocalDescription();
    this.#describe();
  }

  async #takeCandidates(candidates) {
    if (this.#ignoringOffer) return;                      // they belong to an offer that is not taken
    this.#step('in', 'ICE candidates', { count: candidates.length });
    for (const candidate of candidates) await this.#connection.addIceCandidate(candidate);
  }

  #describe() {
    const { type, sdp } = this.#connection.localDescription;
    this.#step('out', type, { detail: size(sdp) });
    this.#sendByNode({ type, sdp });
  }

  #collect(candidate) {
    if (this.#candidates.push(candidate) > 1) return;
    setTimeout(() => {
      const candidates = this.#candidates.splice(0);
      if (this.#isOver || candidates.length === 0) return;
      this.#step('out', 'ICE candidates', { count: candidates.length });
      this.#sendByNode({ type: 'ice-candidates', candidates });
    }, CandidateBatchMs);
  }

  async #connectionChanged() {
    switch (this.#connection.connectionState) {
      case 'connected':
        clearTimeout(this.#timeout);
        this.#emit('path', await this.#path());
        break;
      case 'failed':
        this.end(this.isOpen ? 'lost' : 'no-path');
        break;
    }
  }

  #iceChanged() {
    switch (this.#connection.iceConnectionState) {
      case 'checking':
        this.#step('local', 'Trying paths', { detail: 'ICE checks' });
        break;
      case 'connected':
        this.#step('local', 'Path found', { detail: 'encrypting' });
        break;
      case 'disconnected':
        this.#step('local', 'Interrupted', { detail: 'the path may come back' });
        break;
    }
  }

  /** The path that ICE has chosen. */
  async #path() {
    const stats = await this.#connection.getStats();
    const chosen = [...stats.values()].find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded');
    if (!chosen) return '';
    const [local, remote] = [stats.get(chosen.localCandidateId), stats.get(chosen.remoteCandidateId)];
    const isRelayed = [local, remote].some((candidate) => candidate?.candidateType === 'relay');
    return `${isRelayed ? 'through a relay' : 'directly'} over ${local?.protocol?.toUpperCase() ?? 'UDP'}`;
  }

  #show(track, stream) {
    const tell = () => this.#emit('video', track.muted ? null : stream);
    track.onmute = track.onended = track.onunmute = tell;
    stream.onremovetrack = () => this.#emit('video', null);
    tell();
  }

  /** What goes wrong in a negotiation is told where the call's end is. */
  async #attempt(act) {
    try {
      await act();
    } catch (failure) {
      if (this.#isOver) return;
      this.end('broken', failure);
    }
  }

  #step(direction, label, more) {
    this.#emit('step', { direction, label, ...more });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function size(sdp) {
  return `${(sdp.length / 1000).toFixed(1)} kB`;
}
