import { appendFileSync } from 'node:fs';

/** Above this nothing is recorded: the members that a schema looks at are in smaller messages, too. */
const MAX_CHARS = 65_536;

/** Writes what is sent and received to a file, a line each, for test/asyncapi. */
export class Recorder {
  #path;

  constructor(path) {
    this.#path = path;
  }

  sent(text, valid) {
    this.#write('sent', valid, text);
  }

  received(text) {
    this.#write('received', true, text);
  }

  #write(direction, valid, text) {
    if (text.length <= MAX_CHARS) appendFileSync(this.#path, `${JSON.stringify({ direction, valid, text })}\n`);
  }
}
