import { BusyTime, type EfficiencyMode } from '../efficiency-mode.ts';

/** So much between two looks is fast: at 200 ms, 100,000 lines/s and copytruncate, 30,000 lines were lost between two looks. */
const FAST_BYTES = 32 * 1024;
const FAST_MS = 50;
/** For files in which as much would come within the slow interval. */
const MEDIUM_MS = 240;
/** So much takes long enough for V8's best code to pay off: without it 2,000,000 lines took some 15 % more CPU. */
const BACKLOG_BYTES = 8 << 20;
/** Each look wakes an idle processor; whoever asks for the figures makes a look of his own (`Tailer.catchUp`). */
const SLOW_MS = 960;

/** How soon growing files are looked at again, by what was written since the last look. */
export class LookPace {
  /** Until the next look. */
  intervalMs = FAST_MS;
  #lookedMs = Number.NEGATIVE_INFINITY;
  readonly #catchingUp: BusyTime;

  constructor(mode?: EfficiencyMode) {
    this.#catchingUp = new BusyTime('logs to catch up with', mode);
  }

  get isFast(): boolean {
    return this.intervalMs === FAST_MS;
  }

  /** A look at `nowMs` found so many bytes. */
  looked(bytes: number, nowMs: number): void {
    const elapsedMs = Math.max(1, nowMs - this.#lookedMs);
    this.#lookedMs = nowMs;
    if (bytes > BACKLOG_BYTES) this.#catchingUp.note();
    if (bytes > FAST_BYTES) this.intervalMs = FAST_MS;
    else this.intervalMs = (bytes * SLOW_MS) / elapsedMs > FAST_BYTES ? MEDIUM_MS : SLOW_MS;
  }
}
