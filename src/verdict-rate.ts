import { BusyTime, type EfficiencyMode } from './sources/efficiency-mode.ts';

/** In a second. For fewer the compiler would take more than it gains: some seconds of CPU, and 5 MB of pages of Node's file. */
const MANY = 2_000;
/** So many such seconds in a row: a log that is read from its beginning is over sooner. */
const LASTING_SECONDS = 5;

/**
 * While so many verdicts are said second after second V8 does its best. In its efficiency mode hardly any of the code that judges reaches the best compiler; what that
 * would have kept off the heap is two to three times as much garbage, and one thread marks all of it, within verdicts.
 */
export class VerdictRate {
  /** Since the epoch. */
  #second = 0;
  #verdicts = 0;
  /** Seconds with many before this one. */
  #row = 0;
  readonly #storm: BusyTime;

  constructor(mode?: EfficiencyMode) {
    this.#storm = new BusyTime('storm of failures', mode);
  }

  /** To be called for every verdict; milliseconds since the epoch. */
  said(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#begin(second);
    if (++this.#verdicts === MANY && this.#row >= LASTING_SECONDS - 1) this.#storm.note();
  }

  #begin(second: number): void {
    const isNext = second === this.#second + 1;
    this.#row = isNext && this.#verdicts >= MANY ? this.#row + 1 : 0;
    this.#second = second;
    this.#verdicts = 0;
  }
}
