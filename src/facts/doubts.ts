import type { Clock } from '../contract/unit.ts';

/** A verdict waits no longer. */
const LASTS_MS = 6_000;

/** Until when the slices must be known so that what is asked can be answered. */
export class Doubts {
  readonly #clock: Clock;
  #untilMs: number | null = null;
  #askedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody waits to hear what the slices were at this moment. */
  ask(atMs: number): void {
    this.#untilMs = Math.max(this.of(Number.NEGATIVE_INFINITY) ?? 0, atMs);
    this.#askedMs = this.#clock.now();
  }

  /** Milliseconds since the epoch; null: nobody waits for more than what is known until `knownMs`. */
  of(knownMs: number): number | null {
    const isOver = Math.abs(this.#clock.now() - this.#askedMs) > LASTS_MS;
    if (isOver || (this.#untilMs !== null && knownMs >= this.#untilMs)) this.#untilMs = null;
    return this.#untilMs;
  }
}
