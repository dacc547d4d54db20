import { closeSync, readSync } from 'node:fs';

/** A range has so many bytes at most where a file is a little behind: some milliseconds' reading. */
export const RANGE_BYTES = 1 << 20;
/** And where it is far behind: each costs the main thread 50 to 75 µs. With it two threads read 2 x 16 M lines in 3.4 s instead of 3.7. */
export const MOST_RANGE_BYTES = 4 << 20;

/** How long a range of a file may be of which so many bytes are unread; 0: there should be none. */
export function rangeBytesFor(unread: number): number {
  if (unread >= 2 * MOST_RANGE_BYTES) return MOST_RANGE_BYTES;
  return unread >= 2 * RANGE_BYTES ? RANGE_BYTES : 0;
}

/** Where whole lines stand in a plain file. */
export interface FileRange {
  /** Bytes [from, to). */
  readonly from: number;
  readonly to: number;
  /** The last ones of them. */
  readonly last: Uint8Array;
  /** What the file begins with: its last bytes may look alike where lines do. */
  readonly first: Uint8Array;
}

/** Lines ahead that a tailer leaves to its sink. */
export interface RangeAhead extends FileRange {
  /** A descriptor for `readFileRange`. @throws when the file cannot be opened again */
  open(): number;
  /** They were not there any more and nothing of them was counted: they are looked for elsewhere and come by `onBlock`, or are a loss. */
  vanished(): void;
  /** They could not be read and nothing of them was counted: the tailer takes over the descriptor and reads them itself. They come by `onBlock`. */
  failed(descriptor: number): void;
}

/** Whether a sink would take a range now: `refused` and `full` as in RangeAnswer. */
export type RangeWish = 'wanted' | 'refused' | 'full';

/** What a sink says: `refused`: the lines are to come by `onBlock`; `full`: offer them again a moment later. */
export type RangeAnswer = 'taken' | 'refused' | 'full';

/**
 * Reads the range into `buffer`, of MOST_RANGE_BYTES, and closes the descriptor. Undefined: it is not there any more. Only when all was read its last bytes, and
 * the first ones of the file, are looked at again: had the file been rewritten meanwhile, others would stand there.
 * @throws as `read` does; then the descriptor stays open
 */
export function readFileRange(
  descriptor: number,
  { from, to, last, first }: FileRange,
  buffer: Buffer,
): Buffer | undefined {
  const bytes = buffer.subarray(0, to - from);
  const isThere =
    readAll(descriptor, bytes, from) && hasStill(descriptor, last, to - last.length) && hasStill(descriptor, first, 0);
  closeSync(descriptor);
  return isThere ? bytes : undefined;
}

function hasStill(descriptor: number, bytes: Uint8Array, position: number): boolean {
  const again = Buffer.alloc(bytes.length);
  return readAll(descriptor, again, position) && again.equals(bytes);
}

/** False at the end of the file. */
function readAll(descriptor: number, target: Buffer, position: number): boolean {
  for (let at = 0; at < target.length; ) {
    const got = readSync(descriptor, target, at, target.length - at, position + at);
    if (got === 0) return false;
    at += got;
  }
  return true;
}
