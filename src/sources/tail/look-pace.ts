/** So much after a slow interval may be the beginning of more. Where files are truncated it is enough at any time. */
const MUCH_BYTES = 32 * 1024;
/** Bytes a second, some 8,000 lines: at 200 ms, 100,000 lines/s and copytruncate, 30,000 lines were lost between two looks. */
const FAST_RATE = 2_500_000;
const FAST_MS = 50;
/** For files in which MUCH_BYTES would come within the slow interval. At 5,000 lines/s 20 looks a second took a third of all CPU. */
const MEDIUM_MS = 240;
/** So much takes long enough for V8's best code to pay off, where that reads better. */
const BACKLOG_BYTES = 8 << 20;
/** Each look wakes an idle processor; whoever asks for the figures makes a look of his own (`Tailer.catchUp`). */
const SLOW_MS = 960;
const SECOND_MS = 1_000;
/** Whoever looks so soon after another finds what that one has found; the little that came between says nothing about the rate. */
const FRESH_MS = 20;

/** How soon growing files are looked at again, by what was written since the last look. */
export class LookPace {
  /** Until the next look. */
  intervalMs = FAST_MS;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isCareful = false;
  readonly #onBacklog: () => void;

  /** `onBacklog` is told of each look that finds much to catch up with. */
  constructor(onBacklog = () => {}) {
    this.#onBacklog = onBacklog;
  }

  get isFast(): boolean {
    return this.intervalMs === FAST_MS;
  }

  /** The last look was a moment ago. */
  isFresh(nowMs: number): boolean {
    return nowMs - this.#lookedMs < FRESH_MS;
  }

  /** Files are truncated here: what is written after their copy and before that is lost, unless a look falls between. */
  beCareful(): void {
    this.#isCareful = true;
  }

  /** A look at `nowMs` found so many bytes. */
  looked(bytes: number, nowMs: number): void {
    if (bytes <= MUCH_BYTES && this.isFresh(nowMs)) return;
    const elapsedMs = Math.max(1, nowMs - this.#lookedMs);
    this.#lookedMs = nowMs;
    if (bytes > BACKLOG_BYTES) this.#onBacklog();
    const isEnough = this.#isCareful || this.intervalMs === SLOW_MS;
    const isFast = bytes > MUCH_BYTES && (isEnough || (bytes * SECOND_MS) / elapsedMs > FAST_RATE);
    if (isFast) this.intervalMs = FAST_MS;
    else this.intervalMs = (bytes * SLOW_MS) / elapsedMs > MUCH_BYTES ? MEDIUM_MS : SLOW_MS;
  }
}
