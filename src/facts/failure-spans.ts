/** Failures so close together are one span. */
const TOGETHER_MS = 1_000;
const MOST_SPANS = 16;
/** Numbers of each: from, until (milliseconds since the epoch), count. */
const WIDTH = 3;

/**
 * When failures of one kind happened and how many, within the last minute or so. The longer ago, the coarser once there are many: of a
 * peer that fails all the time the last ten seconds are known by the second.
 */
export class FailureSpans {
  /** `WIDTH` numbers of each span, the oldest first. */
  readonly #numbers: number[] = [];

  /** Of the last failure, milliseconds since the epoch. */
  get lastMs(): number {
    return this.#numbers.at(1 - WIDTH) ?? Number.NEGATIVE_INFINITY;
  }

  /** True: it began a new span. */
  add(fromMs: number, untilMs: number, count: number): boolean {
    const known = this.#numbers;
    const last = known.length - WIDTH;
    if (last >= 0 && fromMs - known[last] < TOGETHER_MS) {
      known[last + 1] = Math.max(known[last + 1], untilMs);
      known[last + 2] += count;
      return false;
    }
    known.push(fromMs, untilMs, count);
    if (known.length > MOST_SPANS * WIDTH) this.#coarsen();
    return true;
  }

  /** How many happened between the moments, and when the first span of them began; null: none. */
  within(fromMs: number, untilMs: number): { readonly count: number; readonly sinceMs: number } | null {
    let count = 0;
    let sinceMs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#numbers.length; at += WIDTH) {
      const [from, until, one] = [this.#numbers[at], this.#numbers[at + 1], this.#numbers[at + 2]];
      if (until < fromMs || from > untilMs) continue;
      count += one;
      sinceMs = Math.min(sinceMs, from);
    }
    return count === 0 ? null : { count, sinceMs };
  }

  /** Those that ended before the moment are forgotten. */
  forget(beforeMs: number): void {
    let over = 0;
    while (over < this.#numbers.length && this.#numbers[over + 1] < beforeMs) over += WIDTH;
    if (over > 0) cut(this.#numbers, 0, over);
  }

  /** Makes one of two, in the older half. */
  #coarsen(): void {
    const known = this.#numbers;
    const half = (MOST_SPANS / 2) * WIDTH;
    let to = 0;
    for (let at = 0; at < half; at += 2 * WIDTH, to += WIDTH) {
      known[to] = known[at];
      known[to + 1] = Math.max(known[at + 1], known[at + WIDTH + 1]);
      known[to + 2] = known[at + 2] + known[at + WIDTH + 2];
    }
    cut(known, to, half);
  }
}

/** Without the list of what is cut out that `splice` makes. */
function cut(numbers: number[], from: number, until: number): void {
  let to = from;
  for (let at = until; at < numbers.length; at++) numbers[to++] = numbers[at];
  numbers.length = to;
}
