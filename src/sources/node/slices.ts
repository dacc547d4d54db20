import { loopTurn } from '../loop-turns.ts';

/** After so long of synchronous reading other work gets its turn. */
const SLICE_MS = 4;

/** Cuts a long row of synchronous reads: `if (slices.isOver()) await slices.next()` between two of them. */
export class Slices {
  #startMs = performance.now();

  isOver(): boolean {
    return performance.now() - this.#startMs >= SLICE_MS;
  }

  async next(): Promise<void> {
    await loopTurn();
    this.#startMs = performance.now();
  }
}
