import { NotPermittedError, type Procfs } from './procfs.ts';

/** Fields of /proc/<pid>/stat (proc_pid_stat(5)). */
export interface ProcessStat {
  /** Up to 15 bytes, those of kernel threads up to 63. Any process may call itself anything. */
  readonly comm: string;
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
  const end = text.lastIndexOf(')');
  const comm = text.slice(text.indexOf('(') + 1, end);
  const fields = text.slice(end + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], Number(fields[1]), Number(fields[19])];
  return Number.isInteger(startTicks)
    ? { comm, parent, startTicks, isZombie: state === 'Z' || state === 'X' }
    : undefined;
}

/** What may not be read of a process is as if it were not there. */
export function unlessDenied<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotPermittedError) return undefined;
    throw error;
  }
}
