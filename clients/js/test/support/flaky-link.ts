import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of the node. Its connections can be cut, or go silent as a phone's that lost its network. */
export class FlakyLink {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isDown = false;
  #isSilent = false;
  #connections = 0;

  private constructor(port: () => number) {
    this.#server = createServer((client) => {
      if (this.#isDown) {
        client.resetAndDestroy();
        return;
      }
      this.#connections++;
      const node = connect(port(), '127.0.0.1');
      const ends: [Socket, Socket][] = [[client, node], [node, client]];
      for (const [from, to] of ends) {
        this.#sockets.add(from);
        from.setNoDelay();
        from.on('data', (data: Buffer) => {
          if (!to.writable) return;
          // In pieces, so that a cut also falls into the middle of a message.
          const middle = Math.floor(Math.random() * data.length);
          to.write(data.subarray(0, middle));
          to.write(data.subarray(middle));
        });
        from.on('error', () => {});                                 // its close follows
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        if (this.#isSilent) from.pause();
      }
    });
  }

  /** @param port The node's; asked for each connection. */
  static async open(port: () => number): Promise<FlakyLink> {
    const link = new FlakyLink(port);
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}/`;
  }

  /** How many there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** Every connection ends with a reset; what is under way is lost. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** The same, and there are no new ones until `restore`. */
  down(): void {
    this.#isDown = true;
    this.cut();
  }

  /** Nothing comes through until `restore`, and nobody is told. */
  silence(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What could not come through comes now, where both ends are still there. */
  restore(): void {
    this.#isDown = this.#isSilent = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
