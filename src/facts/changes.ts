import type { Change } from '../contract/evidence.ts';
import type { Clock } from '../contract/unit.ts';

const KEPT_MS = 3_600_000;
const MOST_CHANGES = 1_000;

/** What somebody did within the last hour, in the order in which it was told. */
export class Changes {
  readonly #clock: Clock;
  #changes: Change[] = [];
  readonly #listeners: ((change: Change) => void)[] = [];
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  listen(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  changed(change: Change): void {
    const nowMs = this.#clock.now();
    this.#changes.push(change);
    if (nowMs - this.#changes[0].atMs > KEPT_MS)
      this.#changes = this.#changes.filter(({ atMs }) => nowMs - atMs <= KEPT_MS);
    if (this.#changes.length > MOST_CHANGES) {
      this.#changes.shift();
      this.#dropped++;
    }
    for (const listener of this.#listeners) listener(change);
  }

  /** Those at or after the moment, the oldest first. */
  since(sinceMs: number): Change[] {
    return this.#changes.filter(({ atMs }) => atMs >= sinceMs).sort((one, other) => one.atMs - other.atMs);
  }
}
