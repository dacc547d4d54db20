import { isAscii, isUtf8 } from 'node:buffer';
import { NEWLINE } from './bytes.ts';

/** Why a log line is odd though it was read: a closed set for a counter. */
export const UNCLEAN = ['nul', 'control', 'crlf', 'invalid_utf8'] as const;

const NUL = 0;
const ESCAPE = 27;
const CARRIAGE_RETURN = 13;

/** Adds the number of odd lines among the whole lines of `block` to `counts`, in the order of UNCLEAN. */
export function countUnclean(block: Buffer, counts: Float64Array): void {
  counts[0] += linesWith(block, NUL);
  counts[1] += linesWith(block, ESCAPE);
  counts[2] += linesWith(block, CARRIAGE_RETURN);
  if (!isAscii(block) && !isUtf8(block)) counts[3] += invalidLines(block);
}

function linesWith(block: Buffer, byte: number): number {
  let lines = 0;
  for (let at = block.indexOf(byte); at >= 0; at = block.indexOf(byte, at)) {
    lines++;
    at = block.indexOf(NEWLINE, at);
    if (at < 0) break;
  }
  return lines;
}

function invalidLines(block: Buffer): number {
  let lines = 0;
  let start = 0;
  while (start < block.length) {
    const found = block.indexOf(NEWLINE, start);
    const end = found < 0 ? block.length : found;
    if (!isUtf8(block.subarray(start, end))) lines++;
    start = end + 1;
  }
  return lines;
}
