/** Makes src/parse/access-log/access-scan.ts: the WebAssembly behind src/parse/access-log/quick-line.ts. */
import wabt from 'wabt';
import {
  ATTEMPT_VALUES,
  END,
  FORMAT_TEXTS_AT,
  NUMBERS,
  PROGRAM_AT,
  VALUES_AT,
} from '../src/parse/access-log/access-layout.ts';
import { ANY, LIMIT, OP, STEP } from '../src/parse/access-log/program.ts';
import { MARKS_AT, PAGES } from '../src/parse/block-layout.ts';

const [SPACE, COMMA, DASH, DOT, ZERO, COLON] = [32, 44, 45, 46, 48, 58];
const DECIMALS = 3;
const MOST_DIGITS = 15;

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;
const i32 = (value: number) => `(i32.const ${value})`;
const plus = (left: string, right: string) => `(i32.add ${left} ${right})`;
const byteAt = (at: string, offset = 0) => `(i32.load8_u offset=${offset} ${at})`;
const isByte = (at: string, byte: number, offset = 0) => `(i32.eq ${byteAt(at, offset)} ${i32(byte)})`;
const unless = (condition: string) => `(br_if $no (i32.eqz ${condition}))`;
const argument = (index: number) => `(i32.load offset=${index * 4} ${get('step')})`;

const valueAt = (index: string) => `(i32.shl ${index} ${i32(3)})`;
const put = (index: string, value: string) => `(f64.store offset=${VALUES_AT} ${valueAt(index)} ${value})`;
const putAttempt = (name: (typeof ATTEMPT_VALUES)[number], value: string) =>
  put(i32(NUMBERS + ATTEMPT_VALUES.indexOf(name)), value);
const number = '(f64.convert_i64_s (global.get $value))';
/** In the buffer, not in the block. */
const place = (at: string) => `(f64.convert_i32_s ${plus(at, get('base'))})`;

/** Position in the block of a quote, by its number from $first. */
const quote = (index: string) =>
  `(i32.sub (i32.load offset=${MARKS_AT} (i32.shl ${plus(get('first'), index)} ${i32(2)})) ${get('base')})`;

/** Digits at $at: their end, and $value; more than fifteen are not usual. */
const DIGITS = `(func $digits (param $at i32) (param $limit i32) (result i32)
    (local $from i32) (local $digit i32) (local $sum i64)
    ${set('from', get('at'))}
    (block $end
      (loop $next
        (br_if $end (i32.ge_u ${get('at')} ${get('limit')}))
        ${set('digit', `(i32.sub ${byteAt(get('at'))} ${i32(ZERO)})`)}
        (br_if $end (i32.gt_u ${get('digit')} ${i32(9)}))
        ${set('sum', `(i64.add (i64.mul ${get('sum')} (i64.const 10)) (i64.extend_i32_u ${get('digit')}))`)}
        ${set('at', plus(get('at'), i32(1)))}
        (br $next)))
    (global.set $value ${get('sum')})
    (select ${get('at')} ${get('from')} (i32.le_u (i32.sub ${get('at')} ${get('from')}) ${i32(MOST_DIGITS)})))`;

/** Seconds at $at as milliseconds: their end, or $at when there are none. */
const SECONDS = `(func $seconds (param $at i32) (param $limit i32) (result i32)
    (local $dot i32) (local $end i32) (local $whole i64)
    ${set('dot', `(call $digits ${get('at')} ${get('limit')})`)}
    ${set('end', plus(get('dot'), i32(1 + DECIMALS)))}
    ${set('whole', '(global.get $value)')}
    (block $no
      ${unless(`(i32.gt_u ${get('dot')} ${get('at')})`)}
      ${unless(`(i32.le_u (i32.sub ${get('dot')} ${get('at')}) ${i32(MOST_DIGITS - DECIMALS)})`)}
      ${unless(`(i32.le_u ${get('end')} ${get('limit')})`)}
      ${unless(isByte(get('dot'), DOT))}
      ${unless(`(i32.eq (call $digits ${plus(get('dot'), i32(1))} ${get('end')}) ${get('end')})`)}
      (global.set $value (i64.add (i64.mul ${get('whole')} (i64.const 1000)) (global.get $value)))
      (return ${get('end')}))
    ${get('at')})`;

/** No more items: another list is not usual. A list that has as many items as the one before (second argument) has one. */
const ONE_ITEM = `
      (if (i32.and (i32.eqz ${argument(2)}) (i32.lt_u ${get('at')} ${get('limit')})) (then
        (br_if $no ${isByte(get('at'), COMMA)})
        (br_if $no (i32.and ${isByte(get('at'), SPACE)} ${isByte(get('at'), COLON, 1)}))))`;

/** An item that `read` reads, or `-`, or nothing: sets $n to where what is read begins, and stores with `store`. */
const item = (read: string, store: (value: string) => string) => `
      ${set('n', get('at'))}
      ${set('at', read)}
      (if (i32.gt_u ${get('at')} ${get('n')})
        (then ${set('seen', i32(1))} ${store(number)})
        (else
          ${store('(f64.const -1)')}
          (if (i32.and (i32.lt_u ${get('at')} ${get('limit')}) ${isByte(get('at'), DASH)}) (then
            ${set('at', plus(get('at'), i32(1)))}))))${ONE_ITEM}`;

/** Sets $n to the next `byte` from $at on, before $close. */
const findByte = (byte: string, label: string) => `
      ${set('n', get('at'))}
      (block $found${label}
        (loop $next${label}
          (br_if $no (i32.ge_u ${get('n')} ${get('close')}))
          (br_if $found${label} (i32.eq ${byteAt(get('n'))} ${byte}))
          ${set('n', plus(get('n'), i32(1)))}
          (br $next${label})))`;

/** What each operation does, by its number; each goes to $then at its end. */
const STEPS: Readonly<Record<number, string>> = {
  [OP.status]: `
      (br_if $no (i32.gt_u ${plus(get('at'), i32(3))} ${get('limit')}))
      ${set('n', plus(get('at'), i32(3)))}
      ${unless(`(i32.eq (call $digits ${get('at')} ${get('n')}) ${get('n')})`)}
      ${put(argument(1), number)}
      ${set('at', get('n'))}`,
  [OP.integer]: `
      ${set('n', `(call $digits ${get('at')} ${get('limit')})`)}
      (br_if $no (i32.eq ${get('n')} ${get('at')}))
      ${put(argument(1), number)}
      ${set('at', get('n'))}`,
  [OP.seconds]: `
      ${set('n', `(call $seconds ${get('at')} ${get('limit')})`)}
      (br_if $no (i32.eq ${get('n')} ${get('at')}))
      ${put(argument(1), number)}
      ${set('at', get('n'))}`,
  [OP.piece]: '(br $no)',
  [OP.addresses]: `
      ${set('n', get('at'))}
      (block $end
        (loop $next
          (br_if $end (i32.ge_u ${get('at')} ${get('limit')}))
          (br_if $end (i32.or ${isByte(get('at'), SPACE)} ${isByte(get('at'), COMMA)}))
          ${set('at', plus(get('at'), i32(1)))}
          (br $next)))
      ${putAttempt('start', place(get('n')))}
      (if (i32.or (i32.gt_u (i32.sub ${get('at')} ${get('n')}) ${i32(1)})
            (i32.and (i32.gt_u ${get('at')} ${get('n')}) (i32.eqz ${isByte(get('n'), DASH)})))
        (then ${set('seen', i32(1))} ${putAttempt('end', place(get('at')))})
        (else ${putAttempt('end', place(get('n')))}))${ONE_ITEM}`,
  [OP.statuses]: `${item(`(call $digits ${get('at')} ${get('limit')})`, (value) => putAttempt('status', value))}
      (br_if $no (i32.gt_u (i32.sub ${get('at')} ${get('n')}) ${i32(3)}))`,
  [OP.times]: item(`(call $seconds ${get('at')} ${get('limit')})`, (value) =>
    put(plus(argument(1), i32(NUMBERS + ATTEMPT_VALUES.indexOf('connect'))), value),
  ),
  [OP.segment]: `
      ${set('at', get('start'))}
      (if ${argument(1)} (then ${set('at', plus(quote(`(i32.sub ${argument(1)} ${i32(1)})`), i32(1)))}))
      ${set('close', get('end'))}
      (if (i32.eqz ${argument(2)}) (then ${set('close', quote(argument(1)))}))
      ${set('limit', get('close'))}`,
  [OP.text]: `
      (br_if $no (i32.gt_u ${plus(get('at'), argument(2))} ${get('close')}))
      ${set('n', i32(0))}
      (loop $same
        (br_if $no (i32.ne ${byteAt(plus(get('at'), get('n')))}
          ${byteAt(plus(argument(1), get('n')), FORMAT_TEXTS_AT)}))
        ${set('n', plus(get('n'), i32(1)))}
        (br_if $same (i32.lt_u ${get('n')} ${argument(2)})))
      ${set('at', plus(get('at'), argument(2)))}
      ${set('limit', get('close'))}`,
  [OP.skip]: set('at', get('limit')),
  [OP.limitByByte]: `${findByte(argument(1), 'Byte')}
      ${set('limit', `(i32.sub ${get('n')} ${argument(2)})`)}
      (br_if $no (i32.lt_s ${get('limit')} ${get('at')}))`,
  [OP.limitByList]: `${findByte(i32(SPACE), 'Space')}
      (br_if $no (i32.and (i32.gt_u ${get('n')} ${get('at')}) ${isByte(`(i32.sub ${get('n')} ${i32(1)})`, COMMA)}))
      (br_if $no ${isByte(get('n'), COLON, 1)})
      ${set('limit', `(i32.sub ${get('n')} ${argument(1)})`)}
      (br_if $no (i32.lt_s ${get('limit')} ${get('at')}))`,
};

const NUMBERS_OF_STEPS = Array.from({ length: END }, (_, op) => op);

/** Blocks within blocks: a jump out of the block of its number comes to what the operation does. */
const DISPATCH = NUMBERS_OF_STEPS.reduce(
  (inner, op) => `(block $op${op} ${inner})
      ${STEPS[op]}
      (br $then)`,
  `(block $finish (br_table ${NUMBERS_OF_STEPS.map((op) => `$op${op}`).join(' ')} $finish (i32.load ${get('step')})))
      (return ${plus(i32(1), get('seen'))})`,
);

/**
 * `request(start, end, first, base)`: reads the line [start, end) of the block by the program; its quotes are the marks from `first` on, whose
 * positions, as those that are stored, are `base` more than those in the block. Returns 1 when it fits and there was no attempt, 2 when
 * there was one, and 0 when anything is otherwise, which is no judgement: LineProgram judges.
 */
const REQUEST = `(func (export "request") (param $start i32) (param $end i32) (param $first i32) (param $base i32) (result i32)
    (local $step i32) (local $at i32) (local $limit i32) (local $close i32) (local $n i32) (local $seen i32) (local $what i32)
    ${set('step', i32(PROGRAM_AT))}
    ${set('close', get('end'))}
    ${set('limit', get('end'))}
    (block $no
      (loop $next
        (block $then
          ${DISPATCH})
        ${set('what', argument(3))}
        ${set('step', plus(get('step'), i32(STEP * 4)))}
        (br_if $next (i32.eq ${get('what')} ${i32(ANY)}))
        (if (i32.eq ${get('what')} ${i32(LIMIT)})
          (then (br_if $no (i32.ne ${get('at')} ${get('limit')})))
          (else
            (br_if $no (i32.ge_u ${get('at')} ${get('close')}))
            (br_if $no (i32.ne ${byteAt(get('at'))} ${get('what')}))
            ${set('at', plus(get('at'), i32(1)))}
            ${set('limit', get('close'))}))
        (br $next)))
    ${i32(0)})`;

const ACCESS_SCAN_WAT = `(module
  (import "index" "memory" (memory ${PAGES}))
  (global $value (mut i64) (i64.const 0))
  ${DIGITS}
  ${SECONDS}
  ${REQUEST}
)`;

/** The text of src/parse/access-log/access-scan.ts. */
export async function accessScanModule(): Promise<string> {
  const { buffer } = (await wabt()).parseWat('access-scan.wat', ACCESS_SCAN_WAT).toBinary({});
  const lines =
    Buffer.from(buffer)
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  return [
    '// Generated by scripts/access-scan.ts (`make docs`); compared in test/parse/access-log/access-scan.test.ts.',
    '',
    '/** WebAssembly, base64: `request`, as described there. */',
    'export const ACCESS_SCAN =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}
