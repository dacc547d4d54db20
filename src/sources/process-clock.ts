import { readProcessStat } from './process-stat.ts';
import type { Procfs } from './procfs.ts';

/** USER_HZ: the unit of times in /proc/<pid>/stat on every Linux that Node runs on, whatever the kernel's own HZ is. */
const TICKS_PER_SECOND = 100;
const MS_PER_TICK = 1000 / TICKS_PER_SECOND;

/**
 * How far `ProcessClock.startMs` and the mtime of a file can be from their true distance: 10 ms of the start time's ticks,
 * 10 ms of /proc/uptime's, and the kernel's coarse clock, which stamps files up to one of its ticks (4 to 10 ms) too early.
 */
export const START_ERROR_MS = 25;

/** What our own start may be off; lxcfs is off by the time between the start of the machine and of the container. */
const MOST_BEHIND_S = 1;

/**
 * Start times of processes on the clock that stamps files. `btime` of /proc/stat has whole seconds only; the distance of the
 * two clocks is taken from /proc/uptime instead. A start that was read before the wall clock was set stays on the clock of
 * then: callers keep what they got first.
 */
export class ProcessClock {
  readonly #bootMs: number | null;

  /** Reads the clocks now; `nowMs` is the wall clock's time. */
  constructor(proc: Procfs, nowMs: number) {
    const uptime = Number.parseFloat(proc.read('uptime') ?? '');
    this.#bootMs = Number.isFinite(uptime) && !isContainerUptime(proc, uptime) ? nowMs - uptime * 1000 : null;
  }

  /** Milliseconds since the epoch of field 22 of /proc/<pid>/stat; null when the uptime cannot be read or is another clock's. */
  startMs(ticks: number): number | null {
    return this.#bootMs === null ? null : this.#bootMs + ticks * MS_PER_TICK;
  }
}

/** lxcfs puts the uptime of a container over the machine's, from which start times count: less than our own start and age. */
function isContainerUptime(proc: Procfs, uptime: number): boolean {
  const own = readProcessStat(proc, 'self');
  return own !== undefined && uptime < own.startTicks / TICKS_PER_SECOND + process.uptime() - MOST_BEHIND_S;
}
