import { readProcessStat } from './process-stat.ts';
import type { Procfs } from './procfs.ts';

/** USER_HZ: the unit of times in /proc/<pid>/stat on every Linux that Node runs on, whatever the kernel's own HZ is. */
const TICKS_PER_SECOND = 100;
const MS_PER_TICK = 1000 / TICKS_PER_SECOND;

/** Both clocks are read within so many milliseconds, of so many attempts: who has used up his share of the processor stands still in between. */
const MOST_BETWEEN_MS = 3;
const ATTEMPTS = 10;

/**
 * How far `ProcessClock.startMs` and the mtime of a file can be from their true distance: 10 ms of the start time's ticks,
 * 10 ms of /proc/uptime's, the kernel's coarse clock, which stamps files up to one of its ticks (4 to 10 ms) too early, and what passes
 * between the two readings.
 */
export const START_ERROR_MS = 28;

/** What our own start may be off; lxcfs is off by the time between the start of the machine and of the container. */
const MOST_BEHIND_S = 1;

/**
 * Start times of processes on the clock that stamps files. `btime` of /proc/stat has whole seconds only; the distance of the
 * two clocks is taken from /proc/uptime instead. A start that was read before the wall clock was set stays on the clock of
 * then: callers keep what they got first.
 */
export class ProcessClock {
  readonly #bootMs: number | null;

  /** Reads the clocks now; `now` is the wall clock, milliseconds since the epoch. */
  constructor(proc: Procfs, now: () => number) {
    const read = readTogether(proc, now);
    this.#bootMs = read === null || isContainerUptime(proc, read.uptime) ? null : read.nowMs - read.uptime * 1000;
  }

  /**
   * Milliseconds since the epoch of field 22 of /proc/<pid>/stat; null when the uptime cannot be read, not at the same time as the wall
   * clock, or is another clock's.
   */
  startMs(ticks: number): number | null {
    return this.#bootMs === null ? null : this.#bootMs + ticks * MS_PER_TICK;
  }
}

/** `uptime`: seconds. */
function readTogether(proc: Procfs, now: () => number): { readonly nowMs: number; readonly uptime: number } | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const nowMs = now();
    const uptime = Number.parseFloat(proc.read('uptime') ?? '');
    if (!Number.isFinite(uptime)) return null;
    if (Math.abs(now() - nowMs) <= MOST_BETWEEN_MS) return { nowMs, uptime };
  }
  return null;
}

/** lxcfs puts the uptime of a container over the machine's, from which start times count: less than our own start and age. */
function isContainerUptime(proc: Procfs, uptime: number): boolean {
  const own = readProcessStat(proc, 'self');
  return own !== undefined && uptime < own.startTicks / TICKS_PER_SECOND + process.uptime() - MOST_BEHIND_S;
}
