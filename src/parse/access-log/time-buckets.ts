/** Longer times are above all bounds, or compared. */
const TABLE_MS = 16_384;

/** Which bucket of a histogram a time belongs to, by one look-up. */
export class TimeBuckets {
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[];
  readonly #table: Uint8Array;

  constructor(bounds: readonly number[]) {
    if (bounds.length > 254 || !bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]))
      throw new RangeError('bounds must ascend, and be 254 at most');
    this.bounds = bounds;
    this.#table = new Uint8Array(TABLE_MS).fill(bounds.length);
    let from = 0;
    bounds.forEach((bound, bucket) => {
      // A bound that is no whole number of milliseconds, or nearly one, is found by comparing.
      let to = Math.max(from, Math.min(TABLE_MS, Math.floor(bound * 1000) - 1));
      while (to < TABLE_MS && this.#find(to) <= bucket) to++;
      this.#table.fill(bucket, from, to);
      from = to;
    });
  }

  /** Bounds and one more for what is above all. */
  get count(): number {
    return this.bounds.length + 1;
  }

  /** Index of the first bound that is not less than `ms`, a whole number of milliseconds; of none: how many there are. */
  of(ms: number): number {
    return ms < TABLE_MS ? this.#table[ms] : this.#find(ms);
  }

  #find(ms: number): number {
    // Divided, never multiplied: 0.57 × 1000 is less than 570.
    const seconds = ms / 1000;
    const found = this.bounds.findIndex((bound) => seconds <= bound);
    return found < 0 ? this.bounds.length : found;
  }
}
