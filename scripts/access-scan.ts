/**
 * Makes src/parse/access-log/access-scan.ts: the WebAssembly behind src/parse/access-log/quick-line.ts. What each operation does is a piece of code, of
 * which src/parse/access-log/line-code.ts makes a function for a format: a piece for every step, with the step's arguments in it.
 */
import wabt from 'wabt';
import {
  ATTEMPT_VALUES,
  END,
  FORMAT_TEXTS_AT,
  NUMBERS,
  PLACES,
  VALUES_AT,
} from '../src/parse/access-log/access-layout.ts';
import { OP } from '../src/parse/access-log/program.ts';
import { MARKS_AT, PAGES } from '../src/parse/block-layout.ts';
import { ORDINARY_LINES } from './access-scan-lines.ts';
import { FEW_SECONDS, isNoDigit, NUMBERS_OF_LINES, THREE_DIGITS, type Usual } from './access-scan-numbers.ts';
import { bytesOf, codeOf, piecesOf } from './access-scan-pieces.ts';
import { PEERS } from './known-peers.ts';
import { each, get, i32, plus, set, unless } from './wasm-text.ts';

const [SPACE, COMMA, DASH, COLON] = [32, 44, 45, 58];
const LANES = 16;

const byteAt = (at: string, offset = 0) => `(i32.load8_u offset=${offset} ${at})`;
const isByte = (at: string, byte: number, offset = 0) => `(i32.eq ${byteAt(at, offset)} ${i32(byte)})`;
/** Behind three digits no fourth. */
const STATUS: Usual = {
  ...THREE_DIGITS,
  is: `(i32.and ${THREE_DIGITS.is} ${isNoDigit(plus('(local.get $at)', '(i32.const 3)'))})`,
};
/** Of the step: the first or the second. */
const argument = (index: 1 | 2) => i32(PLACES[index - 1]);

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

/** No more items: another list is not usual. A list that has as many items as the one before (second argument) has one. */
const ONE_ITEM = `
      (if (i32.and (i32.eqz ${argument(2)}) (i32.lt_u ${get('at')} ${get('limit')})) (then
        (br_if $no ${isByte(get('at'), COMMA)})
        (br_if $no (i32.and ${isByte(get('at'), SPACE)} ${isByte(get('at'), COLON, 1)}))))`;

/** An item that is as `usual` says, or that `read` reads, or `-`, or nothing; `store` stores it. Behind it $n is where it begins. */
const item = (usual: Usual, read: string, store: (value: string) => string) => `
      ${set('n', get('at'))}
      (if ${usual.is}
        (then ${set('seen', i32(1))} ${store(usual.value)} ${set('at', plus(get('at'), i32(usual.length)))})
        (else
          ${set('at', read)}
          (if (i32.gt_u ${get('at')} ${get('n')})
            (then ${set('seen', i32(1))} ${store(number)})
            (else
              ${store('(f64.const -1)')}
              (if (i32.and (i32.lt_u ${get('at')} ${get('limit')}) ${isByte(get('at'), DASH)}) (then
                ${set('at', plus(get('at'), i32(1)))}))))))${ONE_ITEM}`;

/** Moves $at on to the first byte that `is` says, sixteen at once, or to $limit. There must be as many bytes behind it. */
const toNext = (is: (bytes: string) => string, at: string, limit: string) => `
      (loop $more
        ${set('what', `(i8x16.bitmask ${is(`(v128.load ${get(at)})`)})`)}
        ${set(at, plus(get(at), `(i32.ctz (i32.or ${get('what')} ${i32(1 << LANES)}))`))}
        (br_if $more (i32.and (i32.eqz ${get('what')}) (i32.lt_u ${get(at)} ${get(limit)}))))
      (if (i32.gt_u ${get(at)} ${get(limit)}) (then ${set(at, get(limit))}))`;

/** Sets $n to the next `byte` from $at on, before $close. */
const findByte = (byte: string) => `
      ${set('n', get('at'))}
      ${toNext((bytes) => `(i8x16.eq ${bytes} (i8x16.splat ${byte}))`, 'n', 'close')}
      (br_if $no (i32.ge_u ${get('n')} ${get('close')}))`;

/** What each operation does, by its number. */
const STEPS: Readonly<Record<number, string>> = {
  [OP.status]: `
      ${unless(THREE_DIGITS.is)}
      ${put(argument(1), THREE_DIGITS.value)}
      ${set('at', plus(get('at'), i32(THREE_DIGITS.length)))}`,
  [OP.integer]: `
      ${set('n', `(call $digits ${get('at')} ${get('limit')})`)}
      (br_if $no (i32.eq ${get('n')} ${get('at')}))
      ${put(argument(1), number)}
      ${set('at', get('n'))}`,
  [OP.seconds]: `
      (if ${FEW_SECONDS.is}
        (then ${put(argument(1), FEW_SECONDS.value)} ${set('at', plus(get('at'), i32(FEW_SECONDS.length)))})
        (else
          ${set('n', `(call $seconds ${get('at')} ${get('limit')})`)}
          (br_if $no (i32.eq ${get('n')} ${get('at')}))
          ${put(argument(1), number)}
          ${set('at', get('n'))}))`,
  [OP.piece]: '(br $no)',
  [OP.addresses]: `
      ${set('n', get('at'))}
      ${toNext((bytes) => `(v128.or (i8x16.eq ${bytes} ${each(SPACE)}) (i8x16.eq ${bytes} ${each(COMMA)}))`, 'at', 'limit')}
      ${putAttempt('start', place(get('n')))}
      (if (i32.or (i32.gt_u (i32.sub ${get('at')} ${get('n')}) ${i32(1)})
            (i32.and (i32.gt_u ${get('at')} ${get('n')}) (i32.eqz ${isByte(get('n'), DASH)})))
        (then ${set('seen', i32(1))} ${putAttempt('end', place(get('at')))})
        (else ${putAttempt('end', place(get('n')))}))${ONE_ITEM}`,
  [OP.statuses]: `${item(STATUS, `(call $digits ${get('at')} ${get('limit')})`, (value) => putAttempt('status', value))}
      (br_if $no (i32.gt_u (i32.sub ${get('at')} ${get('n')}) ${i32(3)}))`,
  [OP.times]: item(FEW_SECONDS, `(call $seconds ${get('at')} ${get('limit')})`, (value) =>
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
  [OP.limitByByte]: `${findByte(argument(1))}
      ${set('limit', `(i32.sub ${get('n')} ${argument(2)})`)}
      (br_if $no (i32.lt_s ${get('limit')} ${get('at')}))`,
  [OP.limitByList]: `${findByte(i32(SPACE))}
      (if (i32.gt_u ${get('n')} ${get('at')}) (then (br_if $no ${isByte(`(i32.sub ${get('n')} ${i32(1)})`, COMMA)})))
      (br_if $no ${isByte(get('n'), COLON, 1)})
      ${set('limit', `(i32.sub ${get('n')} ${argument(1)})`)}
      (br_if $no (i32.lt_s ${get('limit')} ${get('at')}))`,
};

/** What must follow a step. */
const BEHIND = {
  limit: `(br_if $no (i32.ne ${get('at')} ${get('limit')}))`,
  byte: `
      (br_if $no (i32.ge_u ${get('at')} ${get('close')}))
      (br_if $no (i32.ne ${byteAt(get('at'))} ${argument(1)}))
      ${set('at', plus(get('at'), i32(1)))}
      ${set('limit', get('close'))}`,
};

/**
 * `request(start, end, first, base)`: reads the line [start, end) of the block by the program; its quotes are the marks from `first` on, whose
 * positions, as those that are stored, are `base` more than those in the block. Returns 1 when it fits and there was no attempt, 2 when
 * there was one, and 0 when anything is otherwise, which is no judgement: LineProgram judges.
 */
const request = (
  steps: string,
) => `(func $request (export "request") (param $start i32) (param $end i32) (param $first i32) (param $base i32) (result i32)
    (local $at i32) (local $limit i32) (local $close i32) (local $n i32) (local $seen i32) (local $what i32) (local $few i64)
    ${set('close', get('end'))}
    ${set('limit', get('end'))}
    (block $no
      ${steps}
      (return ${plus(i32(1), get('seen'))}))
    ${i32(0)})`;

/** The function that is made for a format is the last one. */
const moduleOf = (steps: string) => `(module
  (import "index" "memory" (memory ${PAGES}))
  (global $value (mut i64) (i64.const 0))
  ${NUMBERS_OF_LINES}
  ${PEERS}
  ${ORDINARY_LINES}
  ${request(steps)}
)`;

async function compile(steps: string): Promise<Uint8Array> {
  return (await wabt()).parseWat('access-scan.wat', moduleOf(steps), { simd: true }).toBinary({}).buffer;
}

/** The text of src/parse/access-log/access-scan.ts. */
export async function accessScanModule(): Promise<string> {
  const empty = codeOf(await compile(''));
  const codes = [...Array.from({ length: END }, (_, op) => STEPS[op]), BEHIND.limit, BEHIND.byte];
  const pieces = await Promise.all(codes.map(async (code) => piecesOf(empty, codeOf(await compile(code)))));
  return [
    '// Generated by scripts/access-scan.ts (`make docs`); compared in test/parse/access-log/access-scan.test.ts.',
    '',
    '/** WebAssembly, base64, as described there: all up to its code, and its functions before `request`. */',
    bytesOf('BEFORE', empty.before),
    '/** How many functions there are, `request` with them. */',
    `export const FUNCTIONS = ${empty.functions};`,
    bytesOf('OTHER_FUNCTIONS', empty.others),
    '/** Of `request`: what is before its steps, and behind. */',
    bytesOf('FIRST', empty.body.subarray(0, empty.steps)),
    bytesOf('LAST', empty.body.subarray(empty.steps)),
    '/** By operation, then what must follow: the limit, a byte. PLACES stand for arguments. */',
    'export const PIECES = [',
    ...pieces.map((piece) => `  '${Buffer.from(piece).toString('base64')}',`),
    '];',
    '',
  ].join('\n');
}
