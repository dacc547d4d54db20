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
  /** It waits for news: what is known is older than the subject. */
  readonly isUnconfirmed: boolean;
}

export interface LookOptions<T> {
  /** Said of a new subject until its first verdict is ripe. */
  readonly initial: T;
  /** Since when; default: now. */
  readonly initialSinceMs?: number | undefined;
  /** Needs no waiting. */
  readonly isGood: boolean;
  /** When the subject was read, milliseconds since the epoch; counts when it is new. */
  readonly readAtMs?: number;
  /** Until when all is known that the verdict rests on. What was known before the subject was there proves nothing. */
  readonly knownUntilMs?: number;
}

interface Held<T> {
  said: T;
  saidSinceMs: number;
  readonly readAtMs: number;
  /** What the last looks found instead, or the same as `said`. */
  found: T;
  foundSinceMs: number;
  /** From when the time counts. */
  waitsSinceMs: number;
  looks: number;
  /** As of the last look. */
  isConfirmed: boolean;
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
   * first). `isWaiting`: something else was found than is said, look again.
   */
  look(subject: string, found: T, options: LookOptions<T>): HeldVerdict<T> {
    const { initial, isGood, readAtMs = 0, knownUntilMs = Number.POSITIVE_INFINITY } = options;
    const nowMs = this.#clock.now();
    let held = this.#held.get(subject);
    if (!held) {
      held = {
        said: initial,
        saidSinceMs: options.initialSinceMs ?? nowMs,
        readAtMs,
        found,
        foundSinceMs: nowMs,
        waitsSinceMs: nowMs,
        looks: 0,
        isConfirmed: false,
      };
      this.#held.set(subject, held);
    }
    const isConfirmed = knownUntilMs >= held.readAtMs;
    if (held.found !== found) Object.assign(held, { found, foundSinceMs: nowMs, waitsSinceMs: nowMs, looks: 0 });
    // It dates from when it was first found, but what was found without news does not make it ripe.
    if (!isConfirmed) Object.assign(held, { waitsSinceMs: nowMs, looks: 0 });
    held.looks++;
    held.isConfirmed = isConfirmed;
    const isRipe = held.looks >= this.#looks && nowMs - held.waitsSinceMs >= this.#milliseconds;
    if (isGood || (isRipe && isConfirmed)) this.#say(held);
    const isWaiting = held.said !== held.found;
    return { said: held.said, sinceMs: held.saidSinceMs, isWaiting, isUnconfirmed: isWaiting && !isConfirmed };
  }

  /** Between two looks the subject was so: whatever else they find has not been so all the time. */
  glimpse(subject: string, state: T): void {
    const held = this.#held.get(subject);
    if (!held || held.found === held.said || held.found === state) return;
    const nowMs = this.#clock.now();
    Object.assign(held, { foundSinceMs: nowMs, waitsSinceMs: nowMs, looks: 0 });
  }

  /** Nothing is known for a while: what is held back has to be found anew. */
  restart(subject: string): void {
    const held = this.#held.get(subject);
    if (held) held.found = held.said;
  }

  /** A failed request hit the subject: what the last look found is said at once, unless it waits for news. */
  hit(subject: string): void {
    const held = this.#held.get(subject);
    if (held?.isConfirmed) this.#say(held);
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
