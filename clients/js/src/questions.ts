import type { RefusedError } from './errors.js';
import type { Frame } from './protocol.js';

interface Question {
  readonly frame: Frame;
  readonly answer: string;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: unknown) => void;
  /** On this connection, and not refused since. */
  isAsked: boolean;
  isGivenUp: boolean;
}

/** What the node was asked. Its answers carry no id, but come in the order of the questions of their type; its errors carry the id. */
export class Questions {
  readonly #open = new Map<string, Question>();
  #count = 0;

  constructor(readonly send: (frame: Frame) => void) {}

  /** @param now Else it is asked after the next registration. */
  ask(question: Frame, answer: string, now: boolean, signal?: AbortSignal): Promise<Frame> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = `q${this.#count++}`;
      const abort = () => {
        asked.isGivenUp = true;                                     // its answer may yet come, and must not be taken for another's
        reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener('abort', abort);
      const asked: Question = {
        frame: { ...question, id },
        answer,
        resolve: (frame) => (settled(), resolve(frame)),
        reject: (error) => (settled(), reject(error)),
        isAsked: false,
        isGivenUp: false,
      };
      signal?.addEventListener('abort', abort);
      this.#open.set(id, asked);
      if (now) this.#send(asked);
    });
  }

  /** A new connection: everything is asked again. */
  restart(): void {
    for (const [id, question] of this.#open) {
      if (question.isGivenUp) this.#open.delete(id);
      else this.#send(question);
    }
  }

  answer(frame: Frame): void {
    for (const [id, question] of this.#open) {
      if (!question.isAsked || question.answer !== frame.type || (question.frame.peerId !== undefined && question.frame.peerId !== frame.peerId)) continue;
      this.#open.delete(id);
      question.resolve(frame);
      return;
    }
  }

  /** @returns Whether the error is about a question. */
  fail(id: string, error: RefusedError): boolean {
    const question = this.#open.get(id);
    if (!question) return false;
    this.#open.delete(id);
    if (error.code !== 'rate-limited') question.reject(error);
    else {
      question.isAsked = false;
      this.#open.set(id, question);
      setTimeout(() => {
        if (question.isAsked || !this.#open.delete(id) || question.isGivenUp) return;
        this.#open.set(id, question);                               // behind those that were asked meanwhile
        this.#send(question);
      }, error.retryAfterMs ?? 1000);
    }
    return true;
  }

  rejectAll(error: unknown): void {
    for (const question of this.#open.values()) question.reject(error);
    this.#open.clear();
  }

  #send(question: Question): void {
    question.isAsked = true;
    this.send(question.frame);
  }
}
