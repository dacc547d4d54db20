import { setFlagsFromString } from 'node:v8';

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
  if (busy.size > 0) setFlagsFromString('--no-efficiency-mode');
  else if (isWanted) setFlagsFromString('--efficiency-mode');
}
