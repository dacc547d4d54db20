import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** No kernel table read here comes near it: 512 CPUs of conntrack statistics are 80 KiB. */
export const MAX_FILE_BYTES = 1 << 20;

/** Reads are synchronous and never overlap, so one buffer serves all; its pages are only used as far as a file fills them. */
const buffer = Buffer.allocUnsafeSlow(MAX_FILE_BYTES);

/** The file is there, this user may not read it (EACCES, EPERM). */
export class NotPermittedError extends Error {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`not permitted to read ${path}`, { cause });
    this.name = 'NotPermittedError';
    this.path = path;
  }
}

/**
 * Files under a directory like /proc. Every read is synchronous by design: procfs never waits for a disk, and a
 * promise per file costs 5 to 20 times the read itself. What is not there (ENOENT, a process that just ended) is `undefined`.
 */
export interface Procfs {
  readonly root: string;
  /** The whole file. Throws when it is longer than 1 MiB: half a table would be a wrong number. */
  read(path: string): string | undefined;
  /** The first `maxBytes` bytes, for text of unlimited length such as a command line. */
  readPrefix(path: string, maxBytes: number): string | undefined;
  /**
   * Device and inode of a file. Those of `<pid>/net/netstat` are equal exactly when two processes share a network
   * namespace, and need no privilege, unlike the links in `<pid>/ns`.
   */
  identity(path: string): string | undefined;
}

export function openProcfs(root: string): Procfs {
  const attempt = <T>(path: string, action: (file: string) => T): T | undefined => {
    const file = join(root, path);
    try {
      return action(file);
    } catch (error) {
      return whenUnreadable(file, error);
    }
  };
  return {
    root,
    read: (path) => attempt(path, (file) => readBounded(file, MAX_FILE_BYTES, true)),
    readPrefix: (path, maxBytes) => attempt(path, (file) => readBounded(file, maxBytes, false)),
    identity: (path) =>
      attempt(path, (file) => {
        const { dev, ino } = statSync(file);
        return `${dev}:${ino}`;
      }),
  };
}

function readBounded(file: string, maxBytes: number, whole: boolean): string {
  const limit = Math.min(maxBytes, buffer.length);
  const fd = openSync(file, 'r');
  try {
    let length = 0;
    // procfs may give less than was asked for; only an empty read is the end.
    while (length < limit) {
      const bytes = readSync(fd, buffer, length, limit - length, null);
      if (bytes === 0) return buffer.toString('utf8', 0, length);
      length += bytes;
    }
    if (whole) throw new Error(`longer than ${limit} bytes`);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

/** Undefined when `file` is not there; throws NotPermittedError or an error that names the file otherwise. */
export function whenUnreadable(file: string, error: unknown): undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  // ESRCH: the process ended between open and read. ENXIO: its network namespace did (seq_open_net in fs/proc/proc_net.c).
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH' || code === 'ENXIO') return undefined;
  // It has ended and waits for its parent: it has no mounts any more (mounts_open_common in fs/proc_namespace.c).
  if (code === 'EINVAL' && syscall === 'open') return undefined;
  if (code === 'EACCES' || code === 'EPERM') throw new NotPermittedError(file, error);
  throw new Error(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
}
