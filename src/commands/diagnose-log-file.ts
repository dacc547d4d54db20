import { closeSync, fstatSync, readSync } from 'node:fs';
import { openPlain } from '../sources/tail/byte-source.ts';
import { LogClock } from './diagnose-log-time.ts';

const NEWLINE = 10;
/** Where lines are looked for a time stamp. */
const PEEK_BYTES = 256 * 1024;

/** One log file on disk, read by position. Its lines are about in the order of their times. */
export class LogFile {
  readonly path: string;
  readonly clock = new LogClock();
  readonly inode: number;
  readonly mtimeMs: number;
  readonly #fd: number;

  /** @throws as `open` does, and when it is no regular file. */
  constructor(path: string) {
    this.path = path;
    this.#fd = openPlain(path);
    const stats = fstatSync(this.#fd);
    if (!stats.isFile()) {
      closeSync(this.#fd);
      throw Object.assign(new Error('no regular file'), { code: 'not a regular file' });
    }
    this.inode = stats.ino;
    this.mtimeMs = stats.mtimeMs;
    this.#learnZone(stats.size);
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  read(target: Buffer, position: number): number {
    return readSync(this.#fd, target, 0, target.length, position);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Position of a line at or before the first one of `sinceMs`; not before `lowest`. */
  positionOf(sinceMs: number, lowest: number): number {
    let [low, high] = [lowest, this.size];
    while (high - low > PEEK_BYTES) {
      const middle = low + Math.floor((high - low) / 2);
      const found = this.firstTime(middle);
      if (found === null || found >= sinceMs) high = middle;
      else low = middle;
    }
    return this.#lineStart(low);
  }

  /** Of the first line from there on that has a time; null: none near. */
  firstTime(position: number): number | null {
    const buffer = Buffer.allocUnsafe(PEEK_BYTES);
    const length = this.read(buffer, position);
    let start = position === 0 ? 0 : buffer.subarray(0, length).indexOf(NEWLINE) + 1;
    if (position > 0 && start === 0) return null;
    while (start < length) {
      const newline = buffer.subarray(0, length).indexOf(NEWLINE, start);
      if (newline < 0) return null;
      const atMs = this.clock.timeOf(buffer, start, newline);
      if (atMs !== null) return atMs;
      start = newline + 1;
    }
    return null;
  }

  #lineStart(position: number): number {
    if (position === 0) return 0;
    const buffer = Buffer.allocUnsafe(PEEK_BYTES);
    const newline = buffer.subarray(0, this.read(buffer, position - 1)).indexOf(NEWLINE);
    return newline < 0 ? position : position + newline;
  }

  /** From the last line that has a time. */
  #learnZone(size: number): void {
    const buffer = Buffer.allocUnsafe(Math.min(PEEK_BYTES, size));
    const length = this.read(buffer, Math.max(0, size - buffer.length));
    let end = buffer.subarray(0, length).lastIndexOf(NEWLINE);
    while (end > 0) {
      const start = buffer.lastIndexOf(NEWLINE, end - 1) + 1;
      if (this.clock.timeOf(buffer, start, end) !== null) {
        this.clock.learnZone(buffer.subarray(start, end), this.mtimeMs);
        return;
      }
      end = start - 1;
    }
  }
}
