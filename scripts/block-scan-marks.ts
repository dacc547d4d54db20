/** `scan`: newlines and quotes of a block, 64 bytes at a time, as WebAssembly text. */
import { LINES_AT, MARKS_AT, MARKS_AT_ONCE, STRIDE } from '../src/parse/block-layout.ts';
import { each } from './wasm-text.ts';

const [NEWLINE, QUOTE, SPACE] = [10, 34, 32];
const LANE = 16;
const LANES = ['a', 'b', 'c', 'd'];

const join = (operation: string, terms: readonly string[]) =>
  terms.reduce((left, right) => `(${operation} ${left} ${right})`);

/** All bits of non-ASCII bytes, which are negative, and of control characters other than a newline. */
const odd = (lane: string) => `(v128.xor
          (i8x16.eq (local.get $${lane}) ${each(NEWLINE)})
          (i8x16.lt_s (local.get $${lane}) ${each(SPACE)}))`;

/** One bit per byte that is this one. */
const bits = (byte: number) => (lane: string, index: number) =>
  `(i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $${lane}) ${each(byte)}))) (i64.const ${index * LANE}))`;
/** One bit per byte that is non-ASCII, which is negative, or a control character. */
const unprintable = (lane: string, index: number) =>
  `(i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.lt_s (local.get $${lane}) ${each(SPACE)}))) (i64.const ${index * LANE}))`;
const bitsOf = (of: (lane: string, index: number) => string) => join('i64.or', LANES.map(of));

const putMark = (address: string) => `
        (i32.store ${address} (i32.add (local.get $base) (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $marks))))))
        (local.set $marks (i64.and (local.get $marks) (i64.sub (local.get $marks) (i64.const 1))))`;

/** Of the first newline: the marks before it, in these 64 bytes and in all before them. */
const putLine = `
        (i32.store (local.get $line) (i32.add
          (i32.shr_u (i32.sub (local.get $out) (i32.const ${MARKS_AT})) (i32.const 2))
          (i32.wrap_i64 (i64.popcnt (i64.and (local.get $marks)
            (i64.sub (i64.and (local.get $newlines) (i64.sub (i64.const 0) (local.get $newlines))) (i64.const 1)))))))
        (local.set $line (i32.add (local.get $line) (i32.shl (i64.ne (local.get $newlines) (i64.const 0)) (i32.const 2))))
        (local.set $newlines (i64.and (local.get $newlines) (i64.sub (local.get $newlines) (i64.const 1))))`;

/**
 * `scan(length, base)`: looks at memory [0, length) and writes, from MARKS_AT on, `base` + the position of every newline
 * and quote as 32-bit numbers, and from LINES_AT on which of these are newlines; returns how many marks, and the global
 * `lines` has how many newlines. The global `odd` is then not 0 when a byte is above 127 or a control character. Overwrites the 64 bytes after `length`. The first marks of 64 bytes are written without a look at how many
 * there are: nearly always enough, and no branch to mispredict. `scan_dense` does the same for lines with more quotes, and leaves `odd`.
 */
const scanOf = (
  head: string,
  atOnce: number,
  looksForOdd: boolean,
  newline = bits(NEWLINE),
) => `(func ${head} (param $length i32) (param $base i32) (result i32)
    (local $at i32) (local $out i32) (local $outEnd i32) (local $more i32) (local $line i32) (local $marks i64) (local $newlines i64) (local $odd v128)
    ${LANES.map((lane) => `(local $${lane} v128)`).join(' ')}
    (global.set $base (local.get $base))
    (local.set $out (i32.const ${MARKS_AT}))
    (local.set $line (i32.const ${LINES_AT}))
    (memory.fill (local.get $length) (i32.const ${SPACE}) (i32.const ${STRIDE}))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $at) (local.get $length)))
        ${LANES.map((lane, i) => `(local.set $${lane} (v128.load offset=${i * LANE} (local.get $at)))`).join(' ')}
        ${looksForOdd ? `(local.set $odd ${join('v128.or', ['(local.get $odd)', ...LANES.map(odd)])})` : ''}
        (local.set $newlines ${bitsOf(newline)})
        (local.set $marks (i64.or (local.get $newlines) ${bitsOf(bits(QUOTE))}))
        ${putLine}
        (block $told
          (loop $tell
            (br_if $told (i64.eqz (local.get $newlines)))
            ${putLine}
            (br $tell)))
        (local.set $outEnd (i32.add (local.get $out) (i32.shl (i32.wrap_i64 (i64.popcnt (local.get $marks))) (i32.const 2))))
        ${Array.from({ length: atOnce }, (_, i) => putMark(`offset=${i * 4} (local.get $out)`)).join('')}
        (local.set $more (i32.add (local.get $out) (i32.const ${atOnce * 4})))
        (block $written
          (loop $write
            (br_if $written (i32.ge_u (local.get $more) (local.get $outEnd)))
            ${putMark('(local.get $more)')}
            (local.set $more (i32.add (local.get $more) (i32.const 4)))
            (br $write)))
        (local.set $out (local.get $outEnd))
        (local.set $at (i32.add (local.get $at) (i32.const ${STRIDE})))
        (br $next)))
    (global.set $lines (i32.shr_u (i32.sub (local.get $line) (i32.const ${LINES_AT})) (i32.const 2)))
    (global.set $odd (i8x16.bitmask (local.get $odd)))
    (i32.shr_u (i32.sub (local.get $out) (i32.const ${MARKS_AT})) (i32.const 2)))`;

/** Takes every byte that is not printable for a newline. */
const GUESS = scanOf('$guess', MARKS_AT_ONCE.few, false, unprintable);

/** `scan_clean(length, base)`: the same as `scan`, sooner where nothing is odd. */
const CLEAN = `(func (export "scan_clean") (param $length i32) (param $base i32) (result i32)
    (local $count i32) (local $line i32) (local $end i32)
    (local.set $count (call $guess (local.get $length) (local.get $base)))
    (local.set $end (i32.shl (global.get $lines) (i32.const 2)))
    (block $clean
      (loop $next
        (br_if $clean (i32.ge_u (local.get $line) (local.get $end)))
        (if (i32.ne (i32.const ${NEWLINE}) (i32.load8_u (i32.sub
            (i32.load offset=${MARKS_AT} (i32.shl (i32.load offset=${LINES_AT} (local.get $line)) (i32.const 2)))
            (local.get $base))))
          (then (return (call $scan (local.get $length) (local.get $base)))))
        (local.set $line (i32.add (local.get $line) (i32.const 4)))
        (br $next)))
    (local.get $count))`;

export const SCAN = [
  scanOf('$scan (export "scan")', MARKS_AT_ONCE.few, true),
  scanOf('(export "scan_dense")', MARKS_AT_ONCE.many, false),
  GUESS,
  CLEAN,
].join('\n  ');
