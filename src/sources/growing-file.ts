import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { whenUnreadable } from './procfs.ts';

/** Bytes of a file that is written to, from its end when it is first seen; a rotated one begins anew. Not for what must not be lost. */
export class GrowingFile {
  readonly path: string;
  #inode = -1;
  #offset = 0;
  /** Not to be read from its begin: it is older than we are. */
  #isOld: boolean;

  /** @param isOld what it holds already is not read */
  constructor(path: string, isOld: boolean) {
    this.path = path;
    this.#isOld = isOld;
  }

  /**
   * Hands over what was written since, whole lines of the last `mostBytes`. @returns bytes that were passed over; undefined: it is not there
   * @throws NotPermittedError
   */
  read(mostBytes: number, take: (lines: Buffer) => void): number | undefined {
    let fd: number;
    try {
      fd = openSync(this.path, 'r');
    } catch (error) {
      return whenUnreadable(this.path, error);
    }
    try {
      return this.#readFrom(fd, mostBytes, take);
    } finally {
      closeSync(fd);
    }
  }

  #readFrom(fd: number, mostBytes: number, take: (lines: Buffer) => void): number {
    const { ino, size } = fstatSync(fd);
    if (ino !== this.#inode || size < this.#offset) {
      this.#offset = this.#inode === -1 && this.#isOld ? size : 0;
      this.#inode = ino;
    }
    this.#isOld = false;
    const skipped = Math.max(0, size - this.#offset - mostBytes);
    const start = this.#offset + skipped;
    const buffer = Buffer.allocUnsafe(size - start);
    const bytes = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
    const end = bytes.lastIndexOf(0x0a) + 1;
    // What was cut off at its begin is no line.
    const begin = skipped > 0 ? bytes.indexOf(0x0a) + 1 : 0;
    // A line without an end beyond the limit is given up.
    this.#offset = end === 0 && bytes.length >= mostBytes ? size : start + end;
    if (end > begin) take(bytes.subarray(begin, end));
    return skipped;
  }
}
