import { statSync } from 'node:fs';
import { join } from 'node:path';
import { unlessDenied } from './process-stat.ts';
import { NotPermittedError, type Procfs } from './procfs.ts';

/** What a process uses; null is what the kernel does not show. */
export interface ProcessUsage {
  /** Resident set with all pages that it shares with others. */
  readonly residentBytes: number | null;
  readonly openFds: number | null;
  /** The soft limit; null also when there is none. */
  readonly openFdsLimit: number | null;
}

const MAX_STATUS_BYTES = 8192;
const MAX_SMALL_BYTES = 4096;
const BYTES_PER_KB = 1024;

/** Needs no privilege. */
export function readUsage(proc: Procfs, pid: number): ProcessUsage {
  const status = unlessDenied(() => proc.readPrefix(`${pid}/status`, MAX_STATUS_BYTES)) ?? '';
  const limits = unlessDenied(() => proc.readPrefix(`${pid}/limits`, MAX_SMALL_BYTES)) ?? '';
  const limit = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  return {
    residentBytes: kilobytes(/^VmRSS:\s+(\d+) kB$/m.exec(status)),
    openFds: readOpenFds(proc, pid),
    openFdsLimit: limit === undefined ? null : Number(limit),
  };
}

/**
 * How many files it has open: the size of its directory of them, since Linux 6.2 (proc_fd_getattr in fs/proc/fd.c). Before that it
 * is 0, which no process that is looked at here has: null.
 */
export function readOpenFds(proc: Procfs, pid: number): number | null {
  try {
    return statSync(join(proc.root, String(pid), 'fd')).size || null;
  } catch {
    // The process is gone, or hidden.
    return null;
  }
}

/**
 * Resident memory with shared pages divided by those who share them. The kernel walks the page tables, about 12 µs for each MiB.
 * `denied`: it takes CAP_SYS_PTRACE or the same user; null: the kernel has no such file, or the process is gone.
 */
export function readProportionalBytes(proc: Procfs, pid: number): number | null | 'denied' {
  try {
    return kilobytes(/^Pss:\s+(\d+) kB$/m.exec(proc.readPrefix(`${pid}/smaps_rollup`, MAX_SMALL_BYTES) ?? ''));
  } catch (error) {
    if (error instanceof NotPermittedError) return 'denied';
    throw error;
  }
}

function kilobytes(match: RegExpExecArray | null): number | null {
  return match === null ? null : Number(match[1]) * BYTES_PER_KB;
}
