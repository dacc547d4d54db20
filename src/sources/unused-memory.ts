import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; flavor: 'last-resort' }) => void;

/**
 * Gives back what is not used any more, unless more than `mostBytes` of the heap are taken: it stops everything for some 3 ms a megabyte.
 * Only V8's last resort gives memory back at once; after a plain collection it keeps all its pages until it is idle for minutes. Returns
 * whether it was done.
 */
export function returnUnusedMemory(mostBytes: number): boolean {
  if (process.memoryUsage().heapUsed > mostBytes) return false;
  setFlagsFromString('--expose-gc');
  const collect: Collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
  return true;
}
