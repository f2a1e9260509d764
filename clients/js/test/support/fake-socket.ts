import type { WebSocketLike } from '../../src/connection.js';

/** A WebSocket without a network: a test plays the node. */
export class FakeSocket implements WebSocketLike {
  /** All that were made, the last one last. */
  static made: FakeSocket[] = [];

  static get last(): FakeSocket {
    return FakeSocket.made.at(-1)!;
  }

  readyState = 0;
  onopen: ((event: any) => void) | null = null;
  onmessage: ((event: any) => void) | null = null;
  onclose: ((event: any) => void) | null = null;
  onerror: ((event: any) => void) | null = null;
  readonly sent: any[] = [];

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  /** What was sent of one type. */
  of(type: string): any[] {
    return this.sent.filter((frame) => frame.type === type);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({});
  }

  receive(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** Opens, and answers the registration. */
  async register(more: object = {}): Promise<void> {
    this.open();
    await Promise.resolve();
    this.receive({ type: 'registered', peerId: 'alice', serverTime: 0, isReconnect: false, node: 'run-1', heartbeatSeconds: 25, ...more });
  }

  end(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 2;
  }
}
