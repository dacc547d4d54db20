import { setImmediate as turn } from 'node:timers/promises';

/** What a collector that stops hands over between two turns of the event loop. */
const SLICE_MS = 10;

/** Gives each gateway its turn to hand over until time is up; who came behind is the first the next time. */
export class FlushTurns {
  #first = 0;

  /** True: each has handed over all. `flush` stops at `untilMs` (`performance.now()`) itself, and says whether that was all. */
  take<G>(gateways: Iterable<G>, flush: (gateway: G) => boolean, untilMs = Number.POSITIVE_INFINITY): boolean {
    const all = [...gateways];
    for (let done = 0; done < all.length; done++) {
      const at = (this.#first + done) % all.length;
      const isAll = flush(all[at]);
      const isLast = done === all.length - 1;
      if (isAll && (isLast || performance.now() < untilMs)) continue;
      this.#first = at + 1;
      return false;
    }
    return true;
  }
}

/** Hands over all that is left, in slices. Call it when nothing comes any more. */
export async function flushInSlices(flush: (untilMs: number) => boolean): Promise<void> {
  while (!flush(performance.now() + SLICE_MS)) await turn();
}
