import type { FollowedFile } from './followed-file.ts';

/** The event loop is given back after this much work. */
const SLICE_MS = 6;
/** A sink that had no room is asked again. */
const LATER_MS = 2;

type Readable = Pick<FollowedFile, 'step'>;

/** Reads files that have something to read, a block of each in turn, in slices between which others have the event loop. */
export class ReadTurns<F extends Readable> {
  readonly #ready = new Set<F>();
  /** Whose sink has no room. */
  readonly #waiting = new Set<F>();
  #next: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #isHeld = false;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  has(file: F): boolean {
    return this.#ready.has(file) || this.#waiting.has(file);
  }

  add(file: F): void {
    if (!this.#waiting.has(file)) this.#ready.add(file);
  }

  remove(file: F): void {
    this.#ready.delete(file);
    this.#waiting.delete(file);
  }

  /** Nothing is read until `letGo`. */
  hold(): void {
    this.#isHeld = true;
  }

  letGo(): void {
    this.#isHeld = false;
    this.soon();
  }

  /** Reads when the event loop comes round, as long as there is something. */
  soon(): void {
    if (this.#isHeld) return;
    if (this.#ready.size > 0) this.#next ??= setImmediate(() => this.now());
    if (this.#waiting.size > 0) this.#later ??= setTimeout(() => this.#again(), LATER_MS);
  }

  /** Reads for some milliseconds. */
  now(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    if (!this.#isHeld) this.#readUntil(performance.now() + SLICE_MS);
    this.soon();
  }

  stop(): void {
    clearImmediate(this.#next);
    clearTimeout(this.#later);
    this.#next = undefined;
    this.#later = undefined;
  }

  /** Everything that is there. */
  all(): void {
    while (this.#ready.size > 0) this.#readUntil(Number.POSITIVE_INFINITY);
  }

  #again(): void {
    this.#later = undefined;
    for (const file of this.#waiting) this.#ready.add(file);
    this.#waiting.clear();
    this.now();
  }

  #readUntil(deadline: number): void {
    for (const file of this.#ready) {
      this.#ready.delete(file);
      const more = file.step();
      if (more !== false) (more === 'later' ? this.#waiting : this.#ready).add(file);
      if (performance.now() >= deadline) return;
    }
  }
}
