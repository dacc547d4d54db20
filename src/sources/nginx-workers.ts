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
}

/** Set by ngx_worker_process_init and ngx_worker_process_cycle (src/os/unix/ngx_process_cycle.c). */
const WORKER = /^(?:nginx|angie): worker process\b(.*)/s;
const DRAINING = /is shutting down/;
const MAX_TITLE_BYTES = 256;
/** The list may leave out a child while another one ends (proc(5)); it is read until it says the same twice. */
const MOST_LISTINGS = 4;

/** The master and its workers now; undefined when there is no such process. Needs no privilege. */
export function readMaster(proc: Procfs, pid: number): MasterProcess | undefined {
  const master = readProcessStat(proc, pid);
  if (master === undefined || master.isZombie) return undefined;
  const workers: WorkerProcess[] = [];
  for (const child of listChildren(proc, pid)) {
    const stat = readProcessStat(proc, child);
    if (stat === undefined || stat.isZombie || stat.parent !== pid) continue;
    const title = WORKER.exec(readTitle(proc, child));
    if (title !== null) workers.push({ pid: child, startTicks: stat.startTicks, isDraining: DRAINING.test(title[1]) });
  }
  return { startTicks: master.startTicks, workers };
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
