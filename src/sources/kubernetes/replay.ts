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
    this.#timer = undefined;
  }

  #wait(): void {
    this.closed();
    this.#timer = setTimeout(() => this.#end(), this.#quietMs);
  }

  #end(): void {
    this.closed();
    this.#isOver = true;
    this.#ended();
  }
}
