import type { Clock } from '../contract/unit.ts';

export interface HoldDownOptions {
  readonly clock: Clock;
  /** How often a look must find the same before it is said. */
  readonly looks?: number;
  /** And for how long. */
  readonly milliseconds?: number;
}

export interface HeldVerdict<T> {
  readonly said: T;
  readonly sinceMs: number;
  readonly isWaiting: boolean;
}

interface Held<T> {
  said: T;
  saidSinceMs: number;
  /** What the last looks found instead, or the same as `said`. */
  found: T;
  foundSinceMs: number;
  looks: number;
}

/**
 * Keeps a verdict back until it has been found in two looks and for 3 s: several EndpointSlices of one Service are not
 * written at once, so that an endpoint may be in two of them, or in none, for a moment. A failed request that hits the
 * subject ends the waiting.
 */
export class HoldDown<T> {
  readonly #clock: Clock;
  readonly #looks: number;
  readonly #milliseconds: number;
  readonly #held = new Map<string, Held<T>>();

  constructor({ clock, looks = 2, milliseconds = 3_000 }: HoldDownOptions) {
    this.#clock = clock;
    this.#looks = looks;
    this.#milliseconds = milliseconds;
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * One look at `subject` has found `found`. Returns what is to be said, and since when it has been so (when it was found
   * first). `initial` is said of a new subject until its first verdict is ripe; `isGood` ones need no waiting. `isWaiting`:
   * something else was found than is said, look again.
   */
  look(subject: string, found: T, { initial, isGood }: { initial: T; isGood: boolean }): HeldVerdict<T> {
    const nowMs = this.#clock.now();
    let held = this.#held.get(subject);
    if (!held) {
      held = { said: initial, saidSinceMs: nowMs, found, foundSinceMs: nowMs, looks: 0 };
      this.#held.set(subject, held);
    }
    if (held.found !== found) Object.assign(held, { found, foundSinceMs: nowMs, looks: 0 });
    held.looks++;
    const isRipe = held.looks >= this.#looks && nowMs - held.foundSinceMs >= this.#milliseconds;
    if (isGood || isRipe) this.#say(held);
    return { said: held.said, sinceMs: held.saidSinceMs, isWaiting: held.said !== held.found };
  }

  /** A failed request hit the subject: what the last look found is said at once. */
  hit(subject: string): void {
    const held = this.#held.get(subject);
    if (held) this.#say(held);
  }

  forget(subject: string): void {
    this.#held.delete(subject);
  }

  #say(held: Held<T>): void {
    if (held.said === held.found) return;
    held.said = held.found;
    held.saidSinceMs = held.foundSinceMs;
  }
}
