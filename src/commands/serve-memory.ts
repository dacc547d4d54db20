import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; flavor: 'last-resort' }) => void;

/** By then the first polls are over, and most of what the start compiled is not needed again. */
const AFTER_MS = 1500;
/** A collection stops everything for some 3 ms a megabyte; a heap as large as this is not of the start alone. */
const MOST_BYTES = 24 << 20;

/** Gives back, once and soon, what only the start needed; without it V8 keeps that for as long as little is allocated, which may be for days. */
export function returnStartMemory(): void {
  setTimeout(collectUnlessLarge, AFTER_MS).unref();
}

/** Whether it was done. Only V8's last resort gives memory back at once; after a plain collection it keeps all its pages until it is idle for minutes. */
export function collectUnlessLarge(): boolean {
  if (process.memoryUsage().heapUsed > MOST_BYTES) return false;
  setFlagsFromString('--expose-gc');
  const collect: Collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
  return true;
}
