import type { WakeUps } from '../contract/unit.ts';
import { SharedTimer } from './shared-timer.ts';

/** One timer for several reasons: the earliest wins, and an idle processor is woken once. */
export class EarliestTimer {
  readonly #wakeUps: WakeUps;
  readonly #run: () => void;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(run: () => void, wakeUps: WakeUps = new SharedTimer()) {
    this.#wakeUps = wakeUps;
    this.#run = () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      run();
    };
  }

  /** Runs at `dueMs` of performance.now(), or somewhat earlier beside others, unless it is to run earlier already. */
  by(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#wakeUps.at(this.#run, dueMs);
  }

  stop(): void {
    this.#wakeUps.cancel(this.#run);
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
