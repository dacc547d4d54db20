/** Work that is done one after another, in the order in which it was asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Rejects when `signal` aborts before the turn comes. */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = before.then(() => done.promise);
    try {
      await either(before, signal);
      signal.throwIfAborted();
      return await work();
    } finally {
      done.resolve();
    }
  }
}

async function either(turn: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  signal.addEventListener('abort', resolve);
  await Promise.race([turn, promise]);
  signal.removeEventListener('abort', resolve);
}
