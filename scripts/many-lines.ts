/** A loop over the lines of a block that was scanned, as WebAssembly text. */
import { LINES_AT, MARKS_AT } from '../src/parse/block-layout.ts';
import { MOST_LINES, OTHERS_AT } from '../src/parse/many-lines-layout.ts';
import { get, i32, plus, set } from './wasm-text.ts';

const mark = (line: string) => `(i32.load offset=${LINES_AT} (i32.shl ${line} ${i32(2)}))`;
const placeOf = (index: string, base: string) =>
  `(i32.sub (i32.load offset=${MARKS_AT} (i32.shl ${index} ${i32(2)})) ${base})`;

/** Of `eachLine`, besides the parameters $line and $lines. */
export const LINE_LOCALS =
  '(local $other i32) (local $start i32) (local $end i32) (local $first i32) (local $last i32)';

/**
 * Does `read` with the lines from number $line on, up to number $lines, MOST_LINES at most: [$start, $end) of the block,
 * its quotes are the marks $first up to $last. A line for which it jumps to $other is left: its number goes to OTHERS_AT;
 * one for which it jumps to $end is not read, as all behind it. $line is then the number of the next.
 * `base`: how much the positions of the marks are more than those in the block.
 */
export const eachLine = (base: string, read: string) => `
    (if (i32.gt_u (i32.sub ${get('lines')} ${get('line')}) ${i32(MOST_LINES)})
      (then ${set('lines', plus(get('line'), i32(MOST_LINES)))}))
    (if ${get('line')} (then
      ${set('last', mark(`(i32.sub ${get('line')} ${i32(1)})`))}
      ${set('start', plus(placeOf(get('last'), base), i32(1)))}
      ${set('first', plus(get('last'), i32(1)))}))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u ${get('line')} ${get('lines')}))
        ${set('last', mark(get('line')))}
        ${set('end', placeOf(get('last'), base))}
        (block $done
          (block $other
            ${read}
            (br $done))
          (i32.store offset=${OTHERS_AT} ${get('other')} ${get('line')})
          ${set('other', plus(get('other'), i32(4)))})
        ${set('start', plus(get('end'), i32(1)))}
        ${set('first', plus(get('last'), i32(1)))}
        ${set('line', plus(get('line'), i32(1)))}
        (br $next)))`;
