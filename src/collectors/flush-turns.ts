import { setImmediate as turn } from 'node:timers/promises';

/** What a collector that stops hands over between two turns of the event loop. */
const SLICE_MS = 10;
/** After so many of them it hands over the rest at once: to look at all gateways may itself take longer than a slice. */
const MOST_SLICES = 200;
/** Whose turn took no longer had nothing much to hand over: however late it is, that is no reason to stop before the last one. */
const BRIEF_MS = 0.5;

/** Gives each gateway its turn to hand over until time is up; who came behind is the first the next time. */
export class FlushTurns {
  #first = 0;

  /** True: each has handed over all. `flush` stops at `untilMs` (`performance.now()`) itself, and says whether that was all. */
  take<G>(gateways: Iterable<G>, flush: (gateway: G) => boolean, untilMs = Number.POSITIVE_INFINITY): boolean {
    const all = [...gateways];
    for (let done = 0; done < all.length; done++) {
      const at = (this.#first + done) % all.length;
      const beganMs = performance.now();
      const isAll = flush(all[at]);
      const nowMs = performance.now();
      const isLast = done === all.length - 1;
      if (isAll && (isLast || nowMs < untilMs || nowMs - beganMs < BRIEF_MS)) continue;
      this.#first = at + 1;
      return false;
    }
    return true;
  }
}

/** Hands over all that is left, in slices. Call it when nothing comes any more. */
export async function flushInSlices(flush: (untilMs: number) => boolean): Promise<void> {
  for (let slice = 0; slice < MOST_SLICES; slice++) {
    if (flush(performance.now() + SLICE_MS)) return;
    await turn();
  }
  flush(Number.POSITIVE_INFINITY);
}
