import { NEWLINE } from './bytes.ts';
import { FARTHEST_REST_BYTES, type Wrapping } from './line-blocks.ts';
import { LineUnwrapper } from './log-prefix.ts';

const STREAMS = 3;
const unwrapper = new LineUnwrapper();

/**
 * Where the lines end that LineBlocks would read of [start, end), told by its end alone: whoever hands a block to another thread must
 * know at once how much of it that one will use. What is before the result is read with `final`.
 */
export function endOfWholeLines(
  buffer: Buffer,
  start: number,
  end: number,
  wrapping: Exclude<Wrapping, 'any'>,
): number {
  let whole = lineStart(buffer, start, end);
  if (wrapping === 'none') return whole;
  // What waits for one stream may have the rest of another stream's line behind it.
  for (;;) {
    const settled = endOfSettled(buffer, start, whole, end);
    if (settled === whole) return whole;
    whole = settled;
  }
}

/** Where the first line begins that the runtime has split and whose rest is not before `whole`; `whole` when there is none. */
function endOfSettled(buffer: Buffer, start: number, whole: number, end: number): number {
  const nearest = Math.max(start, end - FARTHEST_REST_BYTES + 1);
  const isSettled = new Uint8Array(STREAMS);
  const waits = new Int32Array(STREAMS).fill(-1);
  let lineEnd = whole - 1;
  while (lineEnd >= nearest) {
    const at = lineStart(buffer, start, lineEnd);
    unwrapper.unwrapContainer(buffer, at, lineEnd);
    const { stream, partial } = unwrapper;
    if (!partial) isSettled[stream] = 1;
    else if (isSettled[stream] === 0) waits[stream] = at;
    lineEnd = at - 1;
  }
  // A rest that is farther away than this is not waited for.
  return waits.reduce((first, at) => (at >= nearest ? Math.min(first, at) : first), whole);
}

/** Behind the last newline of [start, end); `start` when there is none. */
function lineStart(buffer: Buffer, start: number, end: number): number {
  return end > start ? Math.max(start, buffer.lastIndexOf(NEWLINE, end - 1) + 1) : start;
}
