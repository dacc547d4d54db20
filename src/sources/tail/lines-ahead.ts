import type { ByteSource } from './byte-source.ts';
import { TAIL_BYTES } from './identity.ts';
import type { ReadTail } from './read-tail.ts';

const NEWLINE = 10;
/** Lines are looked for in so many bytes first: nearly all are shorter. */
const USUAL_BYTES = 4096;

export interface LinesAhead {
  /** Where they end. */
  readonly to: number;
  /** What stands there ends at this index of the buffer. */
  readonly end: number;
}

/**
 * Whole lines of a plain file from `offset` on, `most` bytes of them, found by their last ones, which are in `buffer` then. Undefined: there are
 * not so many bytes, the last line is longer than `lineBytes`, or what was read before the offset is not there any more.
 */
export function wholeLinesAhead(
  source: ByteSource,
  { offset, tail, most }: { readonly offset: number; readonly tail: ReadTail; readonly most: number },
  buffer: Buffer,
  lineBytes: number,
): LinesAhead | undefined {
  const before = buffer.subarray(0, tail.length);
  if (source.read(before, offset - before.length) < before.length || !tail.begins(before)) return undefined;
  for (const bytes of [Math.min(USUAL_BYTES, lineBytes), lineBytes]) {
    const last = buffer.subarray(0, bytes);
    const lastAt = offset + most - last.length;
    if (source.read(last, lastAt) < last.length) return undefined;
    const end = last.lastIndexOf(NEWLINE) + 1;
    if (end >= TAIL_BYTES) return { to: lastAt + end, end };
  }
  return undefined;
}
