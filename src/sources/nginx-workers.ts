import { readdirSync } from 'node:fs';
import { readProcessStat, unlessDenied } from './process-stat.ts';
import type { Procfs } from './procfs.ts';

export interface WorkerProcess {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. With the pid it names the process for good. */
  readonly startTicks: number;
  /** It finishes what it has and takes nothing new, after a reload. */
  readonly isDraining: boolean;
}

export interface MasterProcess {
  readonly startTicks: number;
  /** Cache managers and loaders are not among them. */
  readonly workers: readonly WorkerProcess[];
  /**
   * Children that it talks to over a pair of sockets of their own: workers, cache managers, loaders, OpenResty's privileged agent.
   * Null while one of them starts, still with its master's title, or has ended and the master has not noticed.
   */
  readonly channels: number | null;
}

/** Set by ngx_worker_process_init and ngx_worker_process_cycle (src/os/unix/ngx_process_cycle.c). */
/** A child that has just been forked, or the master of an upgrade. */
const MASTER = /^(?:nginx|angie): master process\b/;
const CHILD = /^(?:nginx|angie): (worker|cache manager|cache loader|privileged agent) process\b(.*)/s;
const DRAINING = /is shutting down/;
const MAX_TITLE_BYTES = 256;
/** The list may leave out a child while another one ends (proc(5)); it is read until it says the same twice. */
const MOST_LISTINGS = 4;

/** The master and its workers now; undefined when there is no such process. Needs no privilege. */
export function readMaster(proc: Procfs, pid: number): MasterProcess | undefined {
  const master = readProcessStat(proc, pid);
  if (master === undefined || master.isZombie) return undefined;
  const workers: WorkerProcess[] = [];
  let channels = 0;
  let isSettled = true;
  for (const child of listChildren(proc, pid)) {
    const stat = readProcessStat(proc, child);
    if (stat === undefined || stat.parent !== pid) continue;
    const text = stat.isZombie ? '' : readTitle(proc, child);
    if (stat.isZombie || MASTER.test(text)) isSettled = false;
    const title = CHILD.exec(text);
    if (title === null) continue;
    const [, kind, rest] = title;
    channels++;
    if (kind === 'worker') workers.push({ pid: child, startTicks: stat.startTicks, isDraining: DRAINING.test(rest) });
  }
  return { startTicks: master.startTicks, workers, channels: isSettled ? channels : null };
}

/** Children of the main thread, which is the one that forks; without CONFIG_PROC_CHILDREN every process is looked at. */
function listChildren(proc: Procfs, pid: number): number[] {
  let last: string | undefined;
  for (let listing = 0; listing < MOST_LISTINGS; listing++) {
    const text = unlessDenied(() => proc.read(`${pid}/task/${pid}/children`));
    if (text === undefined) return listPids(proc).filter((child) => readProcessStat(proc, child)?.parent === pid);
    if (text === last) break;
    last = text;
  }
  return (last ?? '').split(' ').filter(Boolean).map(Number);
}

function listPids(proc: Procfs): number[] {
  try {
    return readdirSync(proc.root)
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readTitle(proc: Procfs, pid: number): string {
  return unlessDenied(() => proc.readPrefix(`${pid}/cmdline`, MAX_TITLE_BYTES))?.split('\0', 1)[0] ?? '';
}
