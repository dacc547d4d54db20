import type { Persistent } from '../contract/unit.ts';

export const WINDOW_MS = 7 * 24 * 3_600_000;
const MOST_GAPS = 200;
const MOST_WINDOWS = 500;
const QUANTILE = 0.99;
/** The longest that was measured is not the longest that can be. */
const MARGIN_S = 1;
/** What grows too old is noticed so much later at most. */
const RECOUNT_MS = 60_000;

interface Sample {
  readonly atMs: number;
  readonly gapMs: number;
}

/**
 * The recent death gaps of each gateway and Service (`key`): 200 at most, a week at most. Part of the checkpoint: a week is
 * longer than a pod lives.
 */
export class DeathGapWindows implements Persistent {
  /** That with the oldest latest gap first. */
  readonly #windows = new Map<string, Sample[]>();
  #dropped = 0;
  #isUnsaved = false;
  #recommended: ReadonlyMap<string, number> = new Map();
  /** Negative infinity: something has changed. */
  #countedMs = Number.NEGATIVE_INFINITY;

  /** Windows that were given up because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  add(key: string, gapMs: number, atMs: number): void {
    const samples = this.#windows.get(key) ?? [];
    samples.push({ atMs, gapMs });
    if (samples.length > MOST_GAPS) samples.shift();
    this.#windows.delete(key);
    this.#windows.set(key, samples);
    this.#isUnsaved = true;
    this.#countedMs = Number.NEGATIVE_INFINITY;
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= MOST_WINDOWS) return;
      this.#windows.delete(oldest);
      this.#dropped++;
    }
  }

  /** So long should a pod sleep before it stops: the 99th percentile rounded up to seconds, and one more. By key. */
  recommended(nowMs: number): ReadonlyMap<string, number> {
    if (Math.abs(nowMs - this.#countedMs) < RECOUNT_MS) return this.#recommended;
    this.#countedMs = nowMs;
    const seconds = new Map<string, number>();
    for (const [key, samples] of this.#windows) {
      const recent = samples.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
      if (recent.length === 0) this.#windows.delete(key);
      else seconds.set(key, Math.ceil(quantile(recent) / 1000) + MARGIN_S);
    }
    this.#recommended = seconds;
    return seconds;
  }

  save(): unknown {
    this.#isUnsaved = false;
    return [...this.#windows].map(([key, samples]) => [key, samples.flatMap(({ atMs, gapMs }) => [atMs, gapMs])]);
  }

  isUrgent(): boolean {
    return this.#isUnsaved;
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    this.#countedMs = Number.NEGATIVE_INFINITY;
    for (const row of saved.slice(-MOST_WINDOWS)) {
      if (!Array.isArray(row) || typeof row[0] !== 'string' || !Array.isArray(row[1])) continue;
      const numbers: unknown[] = row[1];
      const samples: Sample[] = [];
      for (let i = 0; i + 1 < numbers.length; i += 2) {
        const [atMs, gapMs] = [numbers[i], numbers[i + 1]];
        if (isTime(atMs) && isTime(gapMs)) samples.push({ atMs, gapMs });
      }
      if (samples.length > 0) this.#windows.set(row[0], samples.slice(-MOST_GAPS));
    }
  }
}

/** Nearest rank: of fewer than a hundred the longest. */
function quantile(samples: readonly Sample[]): number {
  const sorted = samples.map(({ gapMs }) => gapMs).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * QUANTILE) - 1];
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
