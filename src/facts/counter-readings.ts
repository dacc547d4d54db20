const KEPT_MS = 100_000;

/** Two readings around a span, milliseconds since the epoch. */
export interface Grown {
  readonly fromMs: number;
  readonly toMs: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Readings of a counter of somebody else within the last minutes: those between which it grew, and of those between which it stood
 * still the first and the last.
 */
export class CounterReadings {
  /** Moment and value in turn, the oldest first. */
  #readings: number[] = [];

  read(value: number, atMs: number): void {
    const known = this.#readings;
    const { length } = known;
    // A counter that falls began anew, and after the clock was set back nothing can be told.
    if (length > 0 && (value < known[length - 1] || atMs < known[length - 2])) this.#readings = [atMs, value];
    else if (length >= 4 && known[length - 1] === value && known[length - 3] === value) known[length - 2] = atMs;
    else if (length > 0 && known[length - 2] === atMs) known[length - 1] = value;
    else known.push(atMs, value);
    this.#forget(atMs);
  }

  get lastMs(): number {
    return this.#readings.at(-2) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * From the last reading at or before `fromMs` to the first at or after `toMs`. `late`: there is none after yet; `begun`: there was none before
   * `latestMs`. What was read between `fromMs` and `latestMs` will do where nothing is older.
   */
  around(fromMs: number, latestMs: number, toMs: number): Grown | 'late' | 'begun' {
    const known = this.#readings;
    if (this.lastMs < toMs) return 'late';
    let first = 0;
    while (first + 2 < known.length && known[first + 2] <= fromMs) first += 2;
    if (known.length === 0 || known[first] > latestMs) return 'begun';
    let last = first;
    while (known[last] < toMs) last += 2;
    const before = known[first + 1];
    // While it stood still only the ends are kept: it was the same in between.
    const stoodUntilMs = known[first + 3] === before ? known[first + 2] : known[first];
    const beganMs = Math.max(known[first], Math.min(stoodUntilMs, fromMs));
    return { fromMs: beganMs, toMs: known[last], before, after: known[last + 1] };
  }

  /** As `around`, but from `fromMs` itself, or where nothing was read then from the first reading after it; `begun`: it is after `latestMs`. */
  during(fromMs: number, latestMs: number, toMs: number): Grown | 'late' | 'begun' {
    const grown = this.around(fromMs, latestMs, toMs);
    if (typeof grown === 'string' || grown.fromMs >= fromMs) return grown;
    let next = 0;
    while (this.#readings[next] <= fromMs) next += 2;
    return this.#readings[next] > latestMs ? 'begun' : this.around(this.#readings[next], latestMs, toMs);
  }

  #forget(nowMs: number): void {
    const known = this.#readings;
    let over = 0;
    // One that is older says where the window began.
    while (over + 2 < known.length && nowMs - known[over + 2] > KEPT_MS) over += 2;
    if (over > 0) known.splice(0, over);
  }
}
