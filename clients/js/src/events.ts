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

  /** Resolves once every listener has returned, one after the other. What they throw goes to `failed`, and to nobody else. */
  async emit<K extends keyof Events>(type: K, event: Events[K], failed: (error: unknown) => void): Promise<void> {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        await listener(event as never);
      } catch (error) {
        failed(error);
      }
    }
  }
}
