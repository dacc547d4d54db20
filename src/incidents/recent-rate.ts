const SECONDS = 60;

/** Failures of the last minute, by second. */
export class RecentRate {
  readonly #counts = new Float64Array(SECONDS);
  /** The latest second that has a count. */
  #head = 0;

  add(atMs: number, count: number): void {
    const second = Math.floor(atMs / 1000);
    this.#advance(second);
    if (second > this.#head - SECONDS) this.#counts[second % SECONDS] += count;
  }

  absorb(other: RecentRate): void {
    for (let second = other.#head - SECONDS + 1; second <= other.#head; second++)
      if (second > 0) this.add(second * 1000, other.#counts[second % SECONDS]);
  }

  perSecond(nowMs: number): number {
    this.#advance(Math.floor(nowMs / 1000));
    return this.#counts.reduce((sum, count) => sum + count, 0) / SECONDS;
  }

  #advance(second: number): void {
    if (second <= this.#head) return;
    for (let next = Math.max(this.#head + 1, second - SECONDS + 1); next <= second; next++)
      this.#counts[next % SECONDS] = 0;
    this.#head = second;
  }
}
