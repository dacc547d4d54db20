import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { openBeneath } from './open-beneath.ts';

const MAX_LINKS = 40;

/** What tells whether a file or directory is the same and unchanged. */
export interface FileStamp {
  /** Device, inode, size and both times in nanoseconds. */
  readonly identity: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** As `mtimeMs`; also moves with a rename, a change of rights, and when somebody sets the mtime back. */
  readonly ctimeMs: number;
}

export interface StampedText {
  readonly text: string;
  readonly stamp: FileStamp;
}

/** The host's files under `root` ('' for our own). Symbolic links never lead out of it. */
export class HostFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root === '' ? '' : join(root).replace(/\/+$/, '');
  }

  /**
   * The real path, as this process sees it, of an absolute path of the host, resolved component by component: an
   * absolute link in the host's tree means the host's, not ours. What does not exist is kept as written.
   * @throws on more than 40 links.
   */
  resolve(path: string): string {
    return this.#follow(path).path;
  }

  /** When the newest of the links on the way to `path` was made, milliseconds since the epoch; 0 without any. */
  linkedMs(path: string): number {
    try {
      return this.#follow(path).linkedMs;
    } catch {
      return 0;
    }
  }

  #follow(path: string): { readonly path: string; readonly linkedMs: number } {
    const rest = path.split('/').reverse();
    const done: string[] = [];
    let links = 0;
    let linkedMs = 0;
    while (rest.length > 0) {
      const part = rest.pop();
      if (part === '' || part === '.' || part === undefined) continue;
      if (part === '..') {
        done.pop();
        continue;
      }
      const link = readLink(join(this.root, '/', ...done, part));
      if (link === undefined) {
        done.push(part);
        continue;
      }
      if (++links > MAX_LINKS) throw new Error(`more than ${MAX_LINKS} links in ${path}`);
      linkedMs = Math.max(linkedMs, link.madeMs);
      if (link.target.startsWith('/')) done.length = 0;
      rest.push(...link.target.split('/').reverse());
    }
    return { path: join(this.root, '/', ...done), linkedMs };
  }

  /**
   * The text of a regular file of at most `maxBytes`.
   * @throws system errors, what is no such file, and a file that changed while it was read.
   */
  read(path: string, maxBytes: number): StampedText {
    // Not blocking: somebody may have put a FIFO there.
    const fd = this.#open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
      if (stat.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
      const buffer = Buffer.alloc(Number(stat.size));
      const length = readSync(fd, buffer, 0, buffer.length, 0);
      const stamp = stampOf(stat);
      if (length !== buffer.length || stampOf(fstatSync(fd, { bigint: true })).identity !== stamp.identity)
        throw new Error(`${path} changed while it was read`);
      return { text: buffer.toString('utf8'), stamp };
    } finally {
      closeSync(fd);
    }
  }

  #open(path: string, flags: number): number {
    // Nothing leads out of our own root.
    if (this.root === '') return openSync(path, flags);
    return openBeneath(this.root, this.resolve(path).slice(this.root.length), flags);
  }

  /** Null: not there, or it may not be looked at. */
  stamp(path: string): FileStamp | null {
    try {
      if (this.root === '') return stampOf(statSync(path, { bigint: true }));
      return stampOf(lstatSync(this.resolve(path), { bigint: true }));
    } catch {
      return null;
    }
  }

  /** Names in a directory. @throws system errors. */
  list(path: string): string[] {
    return readdirSync(this.resolve(path));
  }

  kindOf(path: string): 'file' | 'directory' | 'other' | 'missing' | 'denied' {
    try {
      const stat = lstatSync(this.resolve(path));
      return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'missing';
    }
  }
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileStamp {
  return {
    identity: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`,
    size: Number(size),
    mtimeMs: Number(mtimeNs) / 1e6,
    ctimeMs: Number(ctimeNs) / 1e6,
  };
}

/** Undefined: no link. A link is never changed, only made anew. */
function readLink(path: string): { readonly target: string; readonly madeMs: number } | undefined {
  try {
    // Most names are no links: asking first is cheaper than the error of readlink.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() ? { target: readlinkSync(path), madeMs: stat.mtimeMs } : undefined;
  } catch {
    // Not permitted, or just gone: then the open says so.
    return undefined;
  }
}
