/** One timer for several reasons: the earliest wins, and an idle processor is woken once. */
export class EarliestTimer {
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Runs at `dueMs` of performance.now() unless it is to run earlier already. */
  by(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#dueMs = Number.POSITIVE_INFINITY;
        this.#run();
      },
      Math.max(1, dueMs - performance.now()),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
