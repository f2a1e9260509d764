import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './node-process.js';

/** Long, because a loaded machine is no failure. */
export const Patience = 30_000;

const screenshots = join(root, 'artifacts/demo');

export async function launch() {
  await mkdir(screenshots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--disable-features=WebRtcHideLocalIpsWithMdns',    // mDNS names need a network with multicast, which a container has not
      '--use-fake-device-for-media-stream',               // a camera; whether a page gets it is its context's permission
    ],
  });
}

/** Somebody with a browser of their own and the demo page open. What goes wrong in a page is kept in `faults`. */
export class Visitor {
  /** What the page's script, its policy and its console complain about. */
  faults = [];

  /** Every URL that the page asked for. */
  requests = [];

  /** Every text that the page sent to the node. */
  sentToNode = [];

  /** @param {import('playwright-core').Browser} browser */
  static async arrive(browser, address, name, { width = 1280, height = 800, colorScheme = 'light', ...context } = {}) {
    const visitor = new Visitor();
    visitor.name = name;
    visitor.address = address;
    visitor.context = await browser.newContext({ viewport: { width, height }, colorScheme, ...context });
    visitor.context.setDefaultTimeout(Patience);
    await visitor.openTab();
    if (name) await visitor.rename(name);
    return visitor;
  }

  /** @param {Record<string, string>} memory the `sessionStorage` that it begins with, as a duplicated tab does */
  async openTab(memory = {}) {
    this.#take(await this.context.newPage());
    await this.page.addInitScript((items) => Object.entries(items).forEach(([key, value]) => sessionStorage.setItem(key, value)), memory);
    await this.page.goto(this.address);
    await this.isOnline();
  }

  #take(page) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error' && !line.text().includes('ERR_CONNECTION_REFUSED')) this.faults.push(line.text()); // that is a node that was killed
    });
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('websocket', (socket) => {
      this.requests.push(socket.url());
      socket.on('framesent', ({ payload }) => this.sentToNode.push(payload));
    });
  }

  async rename(name) {
    await this.page.getByLabel('You are').fill(name);
    await this.page.getByLabel('You are').press('Enter');
  }

  /** Somebody else in this one's list. */
  person(name) {
    return this.page.getByRole('button', { name });
  }

  get connection() {
    return this.page.locator('#call-state');
  }

  get problem() {
    return this.page.getByRole('alert');
  }

  async connectTo(name) {
    await this.person(name).click();
    await this.isConnected();
  }

  async isConnected() {
    await this.connection.filter({ hasText: 'Connected directly' }).waitFor();
  }

  async isOnline() {
    await this.page.getByText('Node online').waitFor();
  }

  async write(text) {
    await this.page.getByPlaceholder('Write something').fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** The message with this text, once it is there. */
  async message(text) {
    const item = this.page.getByRole('log').getByRole('listitem').filter({ hasText: text });
    await item.waitFor();
    return item.innerText();
  }

  async screenshot(name) {
    await this.page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true, animations: 'disabled' });
  }
}
