type Listener = (event: never) => unknown;

/** Listeners by type of event. A listener may return a promise: who emits can wait for it. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  /** @returns What takes the listener away. */
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => unknown, options: { signal?: AbortSignal | undefined } = {}): () => void {
    const { signal } = options;
    const listeners = this.#listeners.get(type) ?? new Set();
    const own: Listener = (event) => listener(event as Events[K]);
    const remove = () => {
      listeners.delete(own);
      signal?.removeEventListener('abort', remove);
    };
    if (signal?.aborted) return remove;
    this.#listeners.set(type, listeners.add(own));
    signal?.addEventListener('abort', remove);
    return remove;
  }

  has(type: keyof Events): boolean {
    return !!this.#listeners.get(type)?.size;
  }

  /** Calls every listener, now. What they throw goes to `failed`, and to nobody else. */
  emit<K extends keyof Events>(type: K, event: Events[K], failed: (error: unknown) => void): void {
    for (const listener of this.#listenersOf(type)) {
      try {
        Promise.resolve(listener(event as never)).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** The same, one after the other: resolves when the last one has returned, and what it returned has. */
  async emitInTurn<K extends keyof Events>(type: K, event: Events[K], failed: (error: unknown) => void): Promise<void> {
    for (const listener of this.#listenersOf(type)) {
      try {
        await listener(event as never);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** Those that there are now: a listener may add others, or take itself away. */
  #listenersOf(type: keyof Events): Listener[] {
    return [...(this.#listeners.get(type) ?? [])];
  }
}
