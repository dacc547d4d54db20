/** Waits that double from the least to the most, each stretched by [1, 2) so that a thousand nodes do not come at once. */
export class Backoff {
  readonly #least: number;
  readonly #most: number;
  readonly #random: () => number;
  #failures = 0;

  constructor([least, most]: readonly [number, number], random: () => number) {
    this.#least = least;
    this.#most = most;
    this.#random = random;
  }

  /** Milliseconds; at most twice the most. */
  next(): number {
    const wait = Math.min(this.#least * 2 ** Math.min(this.#failures, 20), this.#most);
    this.#failures++;
    return wait * (1 + this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
