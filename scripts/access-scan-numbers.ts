/** The part of scripts/access-scan.ts that reads numbers: sixteen bytes at once, as a loop over digits is mispredicted at the end of each. */

const [DOT, ZERO] = [46, 48];
const DECIMALS = 3;
const MOST_DIGITS = 15;
const LANES = 16;

const lanes = (of: (lane: number) => number) =>
  `(v128.const i8x16 ${Array.from({ length: LANES }, (_, lane) => of(lane)).join(' ')})`;
const each = (byte: number) => lanes(() => byte);
const places = (weights: readonly [number, number]) =>
  `(v128.const i16x8 ${Array.from({ length: LANES / 2 }, (_, lane) => weights[lane % 2]).join(' ')})`;

/** $digits has the sixteen bytes at $at less `0`, $length how many of the first are digits, before $limit. */
const LOOK = `
    (local.set $digits (i8x16.sub (v128.load (local.get $at)) ${each(ZERO)}))
    (local.set $length (i32.ctz (i32.xor (i32.const -1) (i8x16.bitmask (i8x16.lt_u (local.get $digits) ${each(10)})))))
    (if (i32.gt_u (local.get $length) (local.get $room)) (then (local.set $length (local.get $room))))`;

/** The number whose digits are in the lanes, the last in the last; lanes before it are 0. */
const VALUE = `(func $value_of (param $digits v128) (result i64)
    (local.set $digits (i16x8.add
      (i16x8.mul (v128.and (local.get $digits) (v128.const i16x8 255 255 255 255 255 255 255 255)) ${places([10, 10])})
      (i16x8.shr_u (local.get $digits) (i32.const 8))))
    (local.set $digits (i32x4.dot_i16x8_s (local.get $digits) ${places([100, 1])}))
    (i64.add
      (i64.mul
        (i64.extend_i32_u (i32.add
          (i32.mul (i32x4.extract_lane 0 (local.get $digits)) (i32.const 10000)) (i32x4.extract_lane 1 (local.get $digits))))
        (i64.const 100000000))
      (i64.extend_i32_u (i32.add
        (i32.mul (i32x4.extract_lane 2 (local.get $digits)) (i32.const 10000)) (i32x4.extract_lane 3 (local.get $digits))))))`;

/** Digits at $at: their end, and $value; more than fifteen are not usual. There must be sixteen bytes behind $limit. */
const DIGITS = `(func $digits (param $at i32) (param $limit i32) (result i32)
    (local $digits v128) (local $length i32) (local $room i32)
    (local.set $room (i32.sub (local.get $limit) (local.get $at)))
    ${LOOK}
    (if (i32.gt_u (local.get $length) (i32.const ${MOST_DIGITS})) (then (return (local.get $at))))
    (global.set $value (call $value_of (i8x16.swizzle (local.get $digits)
      (i8x16.add (i8x16.splat (i32.sub (local.get $length) (i32.const ${LANES}))) ${lanes((lane) => lane)}))))
    (i32.add (local.get $at) (local.get $length)))`;

/** Seconds at $at as milliseconds: their end, or $at when there are none. */
const SECONDS = `(func $seconds (param $at i32) (param $limit i32) (result i32)
    (local $digits v128) (local $length i32) (local $room i32) (local $end i32)
    (local.set $room (i32.sub (local.get $limit) (local.get $at)))
    ${LOOK}
    (local.set $end (i32.add (i32.add (local.get $at) (local.get $length)) (i32.const ${1 + DECIMALS})))
    (block $no
      (br_if $no (i32.gt_u (i32.sub (local.get $length) (i32.const 1)) (i32.const ${MOST_DIGITS - DECIMALS - 1})))
      (br_if $no (i32.gt_u (local.get $end) (local.get $limit)))
      (br_if $no (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $length))) (i32.const ${DOT})))
      (br_if $no (i32.ne (i32.const ${2 ** DECIMALS - 1}) (i32.and (i32.const ${2 ** DECIMALS - 1})
        (i32.shr_u (i8x16.bitmask (i8x16.lt_u (local.get $digits) ${each(10)})) (i32.add (local.get $length) (i32.const 1))))))
      (global.set $value (call $value_of (i8x16.swizzle (local.get $digits)
        (i8x16.add (i8x16.splat (i32.sub (local.get $length) (i32.const ${LANES - 1 - DECIMALS})))
          ${lanes((lane) => (lane < LANES - DECIMALS ? lane - 1 : lane))}))))
      (return (local.get $end)))
    (local.get $at))`;

export const NUMBERS_OF_LINES = [VALUE, DIGITS, SECONDS].join('\n  ');

/** What a number nearly always looks like, read without a call: whether it does at $at, before $limit (which sets $few), and then its value. */
export interface Usual {
  readonly length: number;
  readonly is: string;
  readonly value: string;
}

const i64 = (value: number | bigint) => `(i64.const ${value})`;
/** Bytes from the first to the last as a number: the first is the lowest. */
const bytes = (list: readonly number[]) =>
  list.reduce((sum, byte, place) => sum | (BigInt(byte) << BigInt(place * 8)), 0n);

/** `0` stands for a digit in `shape`, everything else for itself: $few has the digits' values then, and zeros. */
const looksLike = (shape: string, load: string) => {
  const expected = Array.from(shape, (_, place) => shape.charCodeAt(place));
  // Added to more than it may be, or to what has the highest bit, the highest bit is set.
  const above = bytes(expected.map((byte) => (byte === ZERO ? 0x80 - 10 : 0x7f)));
  const [mask, highest] = [bytes(expected.map(() => 0xff)), bytes(expected.map(() => 0x80))];
  return `(i32.and
      (i64.eqz (i64.and (i64.or (i64.add (local.tee $few (i64.xor (i64.and ${load} ${i64(mask)}) ${i64(bytes(expected))})) ${i64(above)}) (local.get $few)) ${i64(highest)}))
      (i32.le_u (i32.add (local.get $at) (i32.const ${shape.length})) (local.get $limit)))`;
};
const digit = (place: number, weight: number) =>
  `(i64.mul (i64.and (i64.shr_u (local.get $few) ${i64(place * 8)}) ${i64(0xff)}) ${i64(weight)})`;
const sum = (terms: readonly string[]) =>
  `(f64.convert_i64_s ${terms.reduce((left, right) => `(i64.add ${left} ${right})`)})`;

export const THREE_DIGITS: Usual = {
  length: 3,
  is: looksLike('000', '(i64.load32_u (local.get $at))'),
  value: sum([digit(0, 100), digit(1, 10), digit(2, 1)]),
};

/** Less than ten, in milliseconds. */
export const FEW_SECONDS: Usual = {
  length: 5,
  is: looksLike('0.000', '(i64.load (local.get $at))'),
  value: sum([digit(0, 1000), digit(2, 100), digit(3, 10), digit(4, 1)]),
};

export const isNoDigit = (at: string) => `(i32.gt_u (i32.sub (i32.load8_u ${at}) (i32.const ${ZERO})) (i32.const 9))`;
