import type { FileStamp } from './nginx-discovery-files.ts';

/** Programs empty a file when they open it, and write what it shall hold later. */
const WRITING_MS = 2_000;

type Times = Pick<FileStamp, 'size' | 'mtimeMs' | 'ctimeMs'>;

/** ext4 empties a file that is opened to be written before it gives it another time, which can take a while. */
export function isBeingWritten(was: Times | undefined, { size, mtimeMs, ctimeMs }: Times): boolean {
  return size === 0 && was !== undefined && was.size > 0 && was.mtimeMs === mtimeMs && was.ctimeMs === ctimeMs;
}

/** It has its time by now, and what is written into it may still come; `nowMs`: by the clock that gives files their times. */
export function isJustEmptied({ size, ctimeMs }: Times, nowMs: number): boolean {
  return size === 0 && Math.abs(nowMs - ctimeMs) < WRITING_MS;
}
