import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { root } from './node-process.js';

const importMap = JSON.stringify({ imports: { 'signaling-node-client': '/index.js', 'signaling-node-client/webrtc': '/webrtc.js' } });

/** A web server with one page, whose program finds the TypeScript client as an application would. clients/js/test/run builds it. */
export class ClientPages {
  #server;

  /** What the page does, an ES module. */
  program = '';

  static async start() {
    const pages = new ClientPages();
    pages.#server = createServer(async ({ url }, response) => {
      const isModule = /^\/(index|webrtc)\.js$/.test(url);
      response.setHeader('Content-Type', isModule ? 'text/javascript' : 'text/html');
      response.end(isModule ? await readFile(join(root, 'clients/js/dist', url)) : pages.#page());
    });
    await once(pages.#server.listen(0, '127.0.0.1'), 'listening');
    return pages;
  }

  get address() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  stop() {
    this.#server.close();
  }

  #page() {
    return `<!doctype html><script type="importmap">${importMap}</script><script type="module">${this.program}</script>`;
  }
}
