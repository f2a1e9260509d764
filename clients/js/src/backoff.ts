/** Waiting times that double, of which a random part is waited ("full jitter"): many clients that lost the same node do not come back at once. */
export class Backoff {
  #attempt = 0;

  /** Both in milliseconds. */
  constructor(
    readonly base: number,
    readonly max: number,
  ) {}

  next(): number {
    return Math.random() * Math.min(this.max, this.base * 2 ** this.#attempt++);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
