/** A watch that never pauses has caught up after so many times the quiet time. */
const MOST_QUIETS = 5;

/**
 * Tells when a watch that was opened again has caught up: what it has missed comes event by event, and before the last of
 * them the store is as it never was. Nobody says which is the last; a pause does.
 */
export class Replay {
  readonly #quietMs: number;
  readonly #ended: () => void;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #openedMs = 0;
  #isOver = true;

  constructor(quietMs: number, ended: () => void) {
    this.#quietMs = quietMs;
    this.#ended = ended;
  }

  /** Events are news, one by one. */
  get isOver(): boolean {
    return this.#isOver;
  }

  opened(): void {
    this.#isOver = false;
    this.#openedMs = performance.now();
    this.#wait();
  }

  event(): void {
    if (this.#isOver) return;
    if (performance.now() - this.#openedMs > MOST_QUIETS * this.#quietMs) this.#end();
    else this.#wait();
  }

  closed(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  #wait(): void {
    this.closed();
    const dueMs = performance.now() + this.#quietMs;
    this.#timer = setTimeout(() => this.#elapsed(dueMs), this.#quietMs);
  }

  /** A process that was held up itself (CPU limit, a busy node) has not read what came meanwhile: that was no pause. */
  #elapsed(dueMs: number): void {
    const isLate = performance.now() - dueMs > this.#quietMs / 2;
    if (isLate && performance.now() - this.#openedMs <= MOST_QUIETS * this.#quietMs) this.#wait();
    // Timers come before sockets in a turn of the event loop: an event that waits there is read first, and waits anew.
    else this.#turn = setImmediate(() => this.#end());
  }

  #end(): void {
    this.closed();
    this.#isOver = true;
    this.#ended();
  }
}
