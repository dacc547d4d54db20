import type { WakeUps } from '../contract/unit.ts';

/** What waits as long ends at a multiple of it: looks at a growing file, and what runs every second, fall together. */
const STEPS_MS = [960, 240] as const;
/** Timers of Node may be a little early. */
const EARLY_MS = 2;

/** One timer for all that recurs: to wake an idle processor costs more than most of what is done then. */
export class SharedTimer implements WakeUps {
  readonly #isWeak: boolean;
  readonly #due = new Map<(lateMs: number) => void, number>();
  #timer: NodeJS.Timeout | undefined;
  #armedMs = Number.POSITIVE_INFINITY;

  /** `weak`: what waits does not keep the process alive. */
  constructor(keeps: 'alive' | 'weak' = 'alive') {
    this.#isWeak = keeps === 'weak';
  }

  at(run: (lateMs: number) => void, latestMs: number): void {
    const dueMs = aligned(latestMs, performance.now());
    this.#due.set(run, dueMs);
    if (dueMs < this.#armedMs) this.#arm(dueMs);
  }

  cancel(run: (lateMs: number) => void): void {
    this.#due.delete(run);
    if (this.#due.size > 0) return;
    clearTimeout(this.#timer);
    this.#armedMs = Number.POSITIVE_INFINITY;
  }

  #arm(dueMs: number): void {
    clearTimeout(this.#timer);
    this.#armedMs = dueMs;
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, Math.ceil(dueMs - performance.now())));
    if (this.#isWeak) this.#timer.unref();
  }

  #fire(): void {
    const nowMs = performance.now();
    const lateMs = Math.max(0, nowMs - this.#armedMs);
    const untilMs = Math.max(nowMs, this.#armedMs);
    // Nothing is armed while they run: each says when it wants to run again.
    this.#armedMs = Number.NEGATIVE_INFINITY;
    for (const [run, dueMs] of [...this.#due]) {
      if (dueMs > untilMs || this.#due.get(run) !== dueMs) continue;
      this.#due.delete(run);
      run(lateMs);
    }
    this.#armedMs = Number.POSITIVE_INFINITY;
    const earliestMs = Math.min(...this.#due.values());
    if (earliestMs < Number.POSITIVE_INFINITY) this.#arm(earliestMs);
  }
}

function aligned(latestMs: number, nowMs: number): number {
  const step = STEPS_MS.find((ms) => latestMs - nowMs >= ms);
  return step === undefined ? latestMs : Math.floor((latestMs + EARLY_MS) / step) * step;
}
