import { posix } from 'node:path';
import { HostFiles } from '../sources/nginx-discovery-files.ts';

const OURS = new HostFiles('');

/** How this process sees the files that an nginx names. */
export class SeenFiles {
  readonly #host: HostFiles;
  /** Real paths of directories: many logs are in few. */
  readonly #directories = new Map<string, string>();

  constructor(host: HostFiles) {
    this.#host = host;
  }

  /** Through the root of the nginx, with the links of the directory and without. */
  paths(path: string): readonly string[] {
    const { dir, base } = posix.parse(path);
    const real = this.#directories.get(dir) ?? realPath(this.#host, dir);
    this.#directories.set(dir, real);
    return [this.#host.root + path, posix.join(real, base)];
  }

  /** The path is of the same file here: a volume that two containers have at one place. */
  isOurs(path: string): boolean {
    if (this.#host.root === '') return true;
    const theirs = inodeOf(this.#host, path);
    return theirs !== undefined && theirs === inodeOf(OURS, path);
  }
}

function realPath(host: HostFiles, path: string): string {
  try {
    return host.resolve(path);
  } catch {
    return host.root + path;
  }
}

/** Device and inode: size and times of a log change between two looks. */
function inodeOf(host: HostFiles, path: string): string | undefined {
  return host.stamp(path)?.identity.split(':', 2).join(':');
}
