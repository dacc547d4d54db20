import { setFlagsFromString } from 'node:v8';
import { beBusy, calmDown } from '../efficiency-mode.ts';
import { allowOptimizers } from '../optimizers.ts';
import { returnUnusedMemory } from '../unused-memory.ts';

/** After the last list: what is left over of it is collected, what it brought is compared for the first time, and other lists may follow. */
const CALM_MS = 5_000;
/** A larger heap would have to stand still for more than 100 ms. */
const MOST_BYTES = 32 << 20;
const LISTS = 'lists';

let isReluctant = false;
let isCalmed = false;
let lists = 0;
let calm: NodeJS.Timeout | undefined;

/**
 * From now on V8 collects garbage before it grows, and compacts: with 100,000 endpoints the peak is 30 MB lower. Not from the
 * start: an idle process without a cluster would spend twice its CPU time on it.
 */
export function growReluctantly(): void {
  if (isReluctant) return;
  isReluctant = true;
  setFlagsFromString('--memory-saver-mode');
  // What is slow to take a list over holds more of it at once: the peak would be 12 MB higher.
  allowOptimizers();
}

/**
 * Takes a list over with as many threads that collect garbage as there are (with fewer the peak would be 20 MB higher), and without V8's
 * best compiler: a list is over before its code pays off, and its 6 MB, 5 of them pages of Node's file, would never be given back.
 */
export async function asBurst<T>(list: () => Promise<T>, calmMs = CALM_MS): Promise<T> {
  lists++;
  clearTimeout(calm);
  if (isReluctant && lists === 1) begin();
  try {
    return await list();
  } finally {
    lists--;
    if (isReluctant && lists === 0) calm = setTimeout(end, calmMs).unref();
  }
}

function begin(): void {
  beBusy(LISTS);
  setFlagsFromString('--no-opt');
}

/** What the first lists have left behind goes back once: 3 MB with 5,000 endpoints. Later ones find the room that they need. */
function end(): void {
  calmDown(LISTS);
  setFlagsFromString('--opt');
  if (isCalmed) return;
  isCalmed = true;
  returnUnusedMemory(MOST_BYTES);
}
