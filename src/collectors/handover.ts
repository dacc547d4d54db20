import type { Observation, ObservationSink } from '../contract/failure.ts';

/** Between two looks at the time. */
const AT_ONCE = 16;

/** Hands over what a gateway's log told of, for as long as there is time; what is left comes first the next time. */
export class Handover {
  readonly #sink: ObservationSink;
  #all: readonly Observation[] = [];
  #done = 0;

  constructor(sink: ObservationSink) {
    this.#sink = sink;
  }

  /** `drain` gives what has been counted since it was last called. True: all of that is handed over; false: it is `untilMs` (`performance.now()`). */
  handOver(drain: () => readonly Observation[], untilMs = Number.POSITIVE_INFINITY): boolean {
    if (!this.#goOn(untilMs)) return false;
    this.#all = drain();
    this.#done = 0;
    return this.#goOn(untilMs);
  }

  #goOn(untilMs: number): boolean {
    while (this.#done < this.#all.length) {
      this.#sink.observe(this.#all[this.#done]);
      if (++this.#done % AT_ONCE === 0 && performance.now() >= untilMs) break;
    }
    if (this.#done < this.#all.length) return false;
    this.#all = [];
    this.#done = 0;
    return true;
  }
}
