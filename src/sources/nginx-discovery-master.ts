import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type MasterTitle, parseMasterTitle } from './nginx-discovery-title.ts';
import { NotPermittedError, openProcfs, type Procfs } from './procfs.ts';

export interface Master extends MasterTitle {
  readonly pid: number;
  /** Whose root directory it has: ours, that of the host (pid 1), or another (a container's). */
  readonly files: 'ours' | 'host' | 'other';
}

const MAX_TITLE_BYTES = 4096;
/** The root is mounted before nearly all else; the whole file is longer than 1 MiB on a node with some hundred pods. */
const MAX_MOUNTS_BYTES = 1 << 16;
const MAX_MASTERS = 64;

/**
 * The running nginx masters, by process title. Anybody can choose a title; under root only masters of root and of our own
 * user are believed, because what their configuration names is then read with root's rights.
 * @param pids where to look, as of `findGatewayPids`; without it every process is read, which takes 20 to 65 ms for 2,000
 */
export function findMasters(procRoot: string, notes: string[], pids?: readonly number[]): Master[] {
  const proc = openProcfs(procRoot);
  const roots = { ours: rootOf(proc, 'self'), host: rootOf(proc, '1') };
  const masters: Master[] = [];
  for (const pid of pids?.map(String) ?? listPids(procRoot)) {
    const title = readTitle(proc, pid);
    if (title === null) continue;
    if (!isTrusted(procRoot, pid)) {
      notes.push(`nginx master ${pid} runs as another unprivileged user and is not believed by root`);
      continue;
    }
    if (masters.length === MAX_MASTERS) {
      notes.push(`more than ${MAX_MASTERS} nginx masters: the rest is not looked at`);
      break;
    }
    const root = rootOf(proc, pid);
    const files = root === undefined ? 'other' : root === roots.ours ? 'ours' : root === roots.host ? 'host' : 'other';
    masters.push({ ...title, pid: Number(pid), files });
  }
  return masters;
}

function listPids(procRoot: string): string[] {
  try {
    return readdirSync(procRoot).filter((name) => /^[1-9]\d*$/.test(name));
  } catch {
    return [];
  }
}

/** Most processes are told by their 15 bytes of comm. */
function readTitle(proc: Procfs, pid: string): MasterTitle | null {
  try {
    const comm = proc.readPrefix(`${pid}/comm`, 16)?.trim();
    if (comm !== 'nginx' && comm !== 'angie') return null;
    return parseMasterTitle(proc.readPrefix(`${pid}/cmdline`, MAX_TITLE_BYTES) ?? '');
  } catch (error) {
    if (error instanceof NotPermittedError) return null;
    throw error;
  }
}

function isTrusted(procRoot: string, pid: string): boolean {
  const own = process.geteuid?.() ?? 0;
  const owner = statSync(join(procRoot, pid), { throwIfNoEntry: false })?.uid;
  return own !== 0 || owner === 0;
}

/**
 * Device and directory of the process's `/` (fields 3 and 4 of mountinfo, proc(5)): equal for processes on the same root
 * file system, also when systemd gave one a mount namespace of its own (PrivateTmp). Needs no privilege, unlike `ns/mnt`.
 */
function rootOf(proc: Procfs, pid: string): string | undefined {
  try {
    const mounts = proc.readPrefix(`${pid}/mountinfo`, MAX_MOUNTS_BYTES) ?? '';
    return /^\d+ \d+ (\d+:\d+ \S+) \/ /m.exec(mounts)?.[1];
  } catch (error) {
    if (error instanceof NotPermittedError) return undefined;
    throw error;
  }
}
