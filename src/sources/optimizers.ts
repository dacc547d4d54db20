import { setFlagsFromString } from 'node:v8';

/** So much at once is a burst, a backlog or some thousand lines a second. */
const BURST_BYTES = 48 * 1024;
/** Of what trickles in: 25 seconds of 50 error lines each. Before that the compilers would take longer than their code saves. */
const LASTING_BYTES = 384 * 1024;

/** What runs for a log runs for each of its lines: V8 need not find that out by eight calls and some loops of each function. */
const WARM_FLAGS = ['always-sparkplug', 'no-lazy-feedback-allocation'] as const;
const USUAL_FLAGS = ['no-always-sparkplug', 'lazy-feedback-allocation'] as const;

let areAllowed = false;
let trickledBytes = 0;

/**
 * From now on V8 makes its best code of what runs often. The program starts without (`--max-opt=1` on Node's command line), because the code of both
 * compilers is 2.2 MB of resident memory and a start gains nothing from theirs. Started without that flag this changes nothing.
 */
export function allowOptimizers(): void {
  if (areAllowed) return;
  areAllowed = true;
  setFlags(['maglev', 'turbofan', ...(trickledBytes > 0 ? USUAL_FLAGS : [])]);
}

/** So many bytes of a log are about to be read. Allows the optimizers when these, or all until now, are worth it. */
export function allowOptimizersFor(bytes: number): void {
  if (areAllowed) return;
  const isFirst = trickledBytes === 0 && bytes > 0 && bytes < BURST_BYTES;
  trickledBytes += bytes;
  if (isFirst) setFlags(WARM_FLAGS);
  if (bytes >= BURST_BYTES || trickledBytes >= LASTING_BYTES) allowOptimizers();
}

function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(`--${flag}`);
}
