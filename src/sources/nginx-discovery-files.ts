import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';

const MAX_LINKS = 40;

/** The host's files under `root` ('' for our own). Symbolic links never lead out of it. */
export class HostFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root.replace(/\/+$/, '');
  }

  /**
   * The real path, as this process sees it, of an absolute path of the host, resolved component by component: an
   * absolute link in the host's tree means the host's, not ours. What does not exist is kept as written.
   * @throws on more than 40 links.
   */
  resolve(path: string): string {
    const rest = path.split('/').reverse();
    const done: string[] = [];
    let links = 0;
    while (rest.length > 0) {
      const part = rest.pop();
      if (part === '' || part === '.' || part === undefined) continue;
      if (part === '..') {
        done.pop();
        continue;
      }
      const link = linkTarget(join(this.root, '/', ...done, part));
      if (link === undefined) {
        done.push(part);
        continue;
      }
      if (++links > MAX_LINKS) throw new Error(`more than ${MAX_LINKS} links in ${path}`);
      if (link.startsWith('/')) done.length = 0;
      rest.push(...link.split('/').reverse());
    }
    return join(this.root, '/', ...done);
  }

  /** The text of a regular file of at most `maxBytes`. @throws system errors and what is no such file. */
  read(path: string, maxBytes: number): string {
    // Not blocking: somebody may have put a FIFO there.
    const fd = openSync(this.resolve(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
      if (stat.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
      const buffer = Buffer.alloc(stat.size);
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, stat.size, 0));
    } finally {
      closeSync(fd);
    }
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

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link, not there, or not permitted: then the open says so.
    return undefined;
  }
}
