import { unlessDenied } from './process-stat.ts';
import type { Procfs } from './procfs.ts';

const MAX_BYTES = 4096;
/** Real, effective, saved and file system uid (proc_pid_status(5)); sockets get the last. */
const UIDS = /^Uid:\s+\d+\s+\d+\s+\d+\s+(\d+)$/m;

/** The user that a socket of the process is made by, as our user namespace calls it. Needs no privilege. */
export function readSocketUser(proc: Procfs, pid: number): number | undefined {
  const text = unlessDenied(() => proc.readPrefix(`${pid}/status`, MAX_BYTES));
  const uid = UIDS.exec(text ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}
