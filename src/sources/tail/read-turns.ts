import type { FollowedFile } from './followed-file.ts';

/** The event loop is given back after this much work. */
const SLICE_MS = 6;

type Readable = Pick<FollowedFile, 'step'>;

/** Reads files that have something to read, a block of each in turn, in slices between which others have the event loop. */
export class ReadTurns<F extends Readable> {
  readonly #ready = new Set<F>();
  #next: NodeJS.Immediate | undefined;
  #isHeld = false;

  has(file: F): boolean {
    return this.#ready.has(file);
  }

  add(file: F): void {
    this.#ready.add(file);
  }

  remove(file: F): void {
    this.#ready.delete(file);
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
    if (this.#ready.size > 0 && !this.#isHeld) this.#next ??= setImmediate(() => this.now());
  }

  /** Reads for some milliseconds. */
  now(): void {
    this.stop();
    if (!this.#isHeld) this.#readUntil(performance.now() + SLICE_MS);
    this.soon();
  }

  stop(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
  }

  /** Everything that is there. */
  all(): void {
    while (this.#ready.size > 0) this.#readUntil(Number.POSITIVE_INFINITY);
  }

  #readUntil(deadline: number): void {
    for (const file of this.#ready) {
      this.#ready.delete(file);
      if (file.step()) this.#ready.add(file);
      if (performance.now() >= deadline) return;
    }
  }
}
