import { beBusy, calmDown } from './sources/efficiency-mode.ts';

/** In a second. For fewer the compiler would take more than it gains: some seconds of CPU, and 5 MB of pages of Node's file. */
const MANY = 2_000;
/** So many such seconds in a row: a log that is read from its beginning is over sooner. */
const LASTING_SECONDS = 5;
const CALM_MS = 30_000;
const STORM = 'storm of failures';

interface Mode {
  beBusy(what: string): void;
  calmDown(what: string): void;
}

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
  #calm: NodeJS.Timeout | undefined;
  readonly #mode: Mode;

  constructor(mode: Mode = { beBusy, calmDown }) {
    this.#mode = mode;
  }

  /** To be called for every verdict; milliseconds since the epoch. */
  said(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#begin(second);
    if (++this.#verdicts === MANY && this.#row >= LASTING_SECONDS - 1) this.#storm();
  }

  #begin(second: number): void {
    const isNext = second === this.#second + 1;
    this.#row = isNext && this.#verdicts >= MANY ? this.#row + 1 : 0;
    this.#second = second;
    this.#verdicts = 0;
  }

  #storm(): void {
    if (this.#calm === undefined) this.#mode.beBusy(STORM);
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => {
      this.#calm = undefined;
      this.#mode.calmDown(STORM);
    }, CALM_MS).unref();
  }
}
