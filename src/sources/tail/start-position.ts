import type { PlainSource } from './byte-source.ts';
import { readStart } from './byte-source.ts';
import { digest, headOf, TAIL_BYTES } from './identity.ts';
import type { Position } from './position.ts';

/** How far back the last newline is looked for. */
const LOOK_BACK_BYTES = 64 * 1024;

/** After the last newline of a file; inside an over-long line when there is none near the end. */
export function positionAtEnd(source: PlainSource): Position {
  const { size } = source.facts();
  const from = Math.max(0, size - LOOK_BACK_BYTES);
  const buffer = Buffer.alloc(LOOK_BACK_BYTES);
  const last = buffer.subarray(0, source.read(buffer, from));
  const newline = last.lastIndexOf(10);
  const skipping = newline < 0 && from > 0;
  const offset = skipping ? from + last.length : from + newline + 1;
  const tail = Buffer.alloc(Math.min(TAIL_BYTES, offset));
  source.read(tail, offset - tail.length);
  return { offset, head: headOf(readStart(source)), tail: digest(tail), skipping };
}
