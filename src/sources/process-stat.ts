import { NotPermittedError, type Procfs } from './procfs.ts';

/** Fields of /proc/<pid>/stat (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly parent: number;
  /** Clock ticks since boot. With the pid it names the process for good. */
  readonly startTicks: number;
  /** It has ended, and its parent has not asked for it yet. */
  readonly isZombie: boolean;
}

const MAX_BYTES = 1024;

/** Undefined: there is no such process, or hidepid hides it. Needs no privilege. */
export function readProcessStat(proc: Procfs, pid: number | 'self'): ProcessStat | undefined {
  const text = unlessDenied(() => proc.readPrefix(`${pid}/stat`, MAX_BYTES));
  if (text === undefined) return undefined;
  // The name before it may hold anything, also brackets and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], Number(fields[1]), Number(fields[19])];
  return Number.isInteger(startTicks) ? { parent, startTicks, isZombie: state === 'Z' || state === 'X' } : undefined;
}

/** What may not be read of a process is as if it were not there. */
export function unlessDenied(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotPermittedError) return undefined;
    throw error;
  }
}
