import { setFlagsFromString } from 'node:v8';

const CALM_MS = 30_000;

/** Tests have their own. */
export interface EfficiencyMode {
  beBusy(what: string): void;
  calmDown(what: string): void;
}

let isWanted = false;
const busy = new Set<string>();

/**
 * From now on V8's best compiler waits longer, and fewer threads collect garbage, but for as long as somebody is busy: 6 MB less when idle and at
 * least a tenth of the CPU of polls; the rate of log lines stays.
 */
export function beEfficient(): void {
  isWanted = true;
  apply();
}

/** Until `calmDown` is told the same, V8 does its best. */
export function beBusy(what: string): void {
  busy.add(what);
  apply();
}

export function calmDown(what: string): void {
  busy.delete(what);
  apply();
}

function apply(): void {
  // A flag once set is another than V8's default, whatever it says: Node's own code is compiled anew in each thread that starts then (25 ms).
  if (isWanted) setFlagsFromString(busy.size > 0 ? '--no-efficiency-mode' : '--efficiency-mode');
}

/** V8 does its best from the first time on that somebody is busy, until half a minute after the last. */
export class BusyTime {
  readonly #what: string;
  readonly #mode: EfficiencyMode;
  #calm: NodeJS.Timeout | undefined;

  constructor(what: string, mode: EfficiencyMode = { beBusy, calmDown }) {
    this.#what = what;
    this.#mode = mode;
  }

  /** Busy now. */
  note(): void {
    if (this.#calm === undefined) this.#mode.beBusy(this.#what);
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => {
      this.#calm = undefined;
      this.#mode.calmDown(this.#what);
    }, CALM_MS).unref();
  }
}
