import { setImmediate } from 'node:timers/promises';

/** Of the one event loop that a process has. */
let last: Promise<void> = Promise.resolve();

/**
 * Resolves when the event loop has come round, for one caller each time: what several have cut into slices does not hold up a request by the slices of all
 * of them at every round, as when a reload makes all collectors poll at once.
 */
export function loopTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}
