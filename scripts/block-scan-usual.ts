/** `usual`: the usual error line in one go, as WebAssembly text. */
import {
  ADDRESSES_AT,
  FOUND,
  FOUND_AT,
  LENGTHS_AT,
  MARKS_AT,
  MIXERS,
  NEXT_AT,
  SAMPLES,
  SHORTEST_LINE,
  SLOT_BITS,
  SLOTS_AT,
} from '../src/parse/block-layout.ts';
import { LEVEL_AT, LEVELS } from '../src/parse/nginx-prefix.ts';
import { LONGEST_SCHEME, SHORTEST_SCHEME } from '../src/parse/nginx-upstream.ts';
import { CONNECT_TO, FIRST_FAILED_TO } from '../src/parse/usual-messages.ts';
import { byteAt, each, get, i32, isDigit, plus, set, skipDigits, stands, unless } from './wasm-text.ts';

const [SPACE, SLASH, COLON, UNIX] = [32, 47, 58, 'unix:'];
const add = (name: string, value: number) => `(i32.add ${get(name)} ${i32(value)})`;
const wordAt = (address: number, index: string) => `(i32.load offset=${address} (i32.shl ${index} ${i32(2)}))`;

/** Longer numbers are not usual. */
const MOST_DIGITS = 15;
const ERROR = LEVELS.indexOf('error');
/** The most frequent first. */
const BY_FREQUENCY = ['error', ...LEVELS.filter((level) => level !== 'error')] as const;
const levels = BY_FREQUENCY.map(
  (level) => `(if ${stands('start', LEVEL_AT, `${level}] `)} (then
          ${set('level', i32(LEVELS.indexOf(level)))} ${set('at', add('start', LEVEL_AT + level.length + 2))} (br $level)))`,
);

/** `YYYY/MM/DD HH:MM:SS [level] P#T: *C `, or without the connection: leaves $at at the message. */
const HEAD = `
      ${[4, 7].map((at) => unless(stands('start', at, '/'))).join(' ')}
      ${unless(stands('start', 10, ' '))}
      ${[13, 16].map((at) => unless(stands('start', at, ':'))).join(' ')}
      ${unless(isDigit(byteAt('start', 0)))}
      ${unless(stands('start', LEVEL_AT - 1, '['))}
      (block $level
        ${levels.join('\n        ')}
        (br $no))
      ${skipDigits(MOST_DIGITS)}
      ${unless(stands('at', 0, '#'))}
      ${set('at', add('at', 1))}
      ${skipDigits(MOST_DIGITS)}
      ${unless(stands('at', 0, ': '))}
      ${set('at', add('at', 2))}
      ${set('hasConnection', stands('at', 0, '*'))}
      (if ${get('hasConnection')} (then
        ${set('at', add('at', 1))}
        ${skipDigits(MOST_DIGITS)}
        ${unless(stands('at', 0, ' '))}
        ${set('at', add('at', 1))}))
      (br_if $no (i32.ge_u ${get('at')} ${get('end')}))`;

/** Sets $words to what is looked up: the message, or what is behind the address in it, which has no space. */
const WORDS = `
      ${set('words', get('at'))}
      ${set('hasAddress', stands('at', 0, CONNECT_TO))}
      (if ${get('hasAddress')} (then
        ${set('words', add('at', CONNECT_TO.length))}
        (loop $address
          ${set('n', `(i32.ctz (i32.or ${i32(1 << 16)} (i8x16.bitmask (i8x16.eq (v128.load ${get('words')}) ${each(SPACE)}))))`)}
          ${set('words', plus(get('words'), get('n')))}
          (br_if $address (i32.eq ${get('n')} ${i32(16)})))))`;

const sample = (index: number) => `(i32.load offset=${SAMPLES[index]} ${get('words')})`;
const SLOT = `(i32.shr_u (i32.mul (i32.xor (i32.mul (i32.xor (i32.mul ${sample(0)} ${i32(MIXERS[0] | 0)}) ${sample(1)})
        ${i32(MIXERS[1] | 0)}) ${sample(2)}) ${i32(MIXERS[2] | 0)}) ${i32(32 - SLOT_BITS)})`;

/**
 * Sets $text to the usual message at $words, sixteen bytes at a time; the last sixteen reach over those before. No message
 * holds a newline or two spaces, so none can reach into the next line, or behind the block.
 */
const MESSAGE = `
      ${set('text', `(i32.load8_u offset=${SLOTS_AT} ${SLOT})`)}
      (block $found
        (loop $candidate
          ${unless(get('text'))}
          ${set('last', `(i32.sub ${wordAt(LENGTHS_AT, get('text'))} ${i32(16)})`)}
          ${set('word', wordAt(ADDRESSES_AT, get('text')))}
          ${set('n', i32(0))}
          (block $differs
            (loop $compare
              ${set('n', `(select ${get('n')} ${get('last')} (i32.lt_u ${get('n')} ${get('last')}))`)}
              (br_if $differs (v128.any_true (v128.xor
                (v128.load (i32.add ${get('words')} ${get('n')})) (v128.load (i32.add ${get('word')} ${get('n')})))))
              (br_if $found (i32.eq ${get('n')} ${get('last')}))
              ${set('n', add('n', 16))}
              (br $compare)))
          ${set('text', wordAt(NEXT_AT, get('text')))}
          (br $candidate)))`;

/** Position in the block of the quote number $mark + `offset`; what another runtime has unescaped may have a newline there. */
const quote = (offset: number) =>
  `(i32.sub (i32.load offset=${MARKS_AT + offset * 4} (i32.shl ${get('mark')} ${i32(2)})) (global.get $base))`;

/** `, request: "… HTTP/x.y", upstream: "SCHEME://PEER` with nothing between and no second upstream before the referrer. */
const FIELDS = `
      ${unless(`(i32.eq ${get('hasAddress')} (i32.gt_u ${get('text')} ${i32(FIRST_FAILED_TO)}))`)}
      ${set('fields', `(i32.add ${get('words')} (i32.sub ${get('last')} (i32.const ${', client: '.length - 16})))`)}
      (br_if $no (i32.lt_s (i32.sub ${get('lastMark')} ${get('mark')}) ${i32(4)}))
      ${set('opener', quote(0))}
      (br_if $no (i32.lt_s (i32.sub ${get('opener')} ${i32(11)}) ${get('fields')}))
      ${unless(stands('opener', -11, ', request: "'))}
      ${set('closer', quote(1))}
      (br_if $no (i32.le_s (i32.sub ${get('closer')} ${i32(9)}) ${get('opener')}))
      ${unless(stands('closer', -9, ' HTTP/'))}
      ${unless(isDigit(byteAt('closer', -3)))}
      ${unless(stands('closer', -2, '.'))}
      ${unless(isDigit(byteAt('closer', -1)))}
      ${set('opener', quote(2))}
      ${unless(`(i32.eq ${get('opener')} ${add('closer', 13)})`)}
      ${unless(stands('opener', -12, ', upstream: "'))}
      ${set('value', add('opener', 1))}
      ${set('n', `(i32.ctz (i8x16.bitmask (i8x16.eq (v128.load ${get('value')}) ${each(COLON)})))`)}
      (br_if $no (i32.gt_u (i32.sub ${get('n')} ${i32(SHORTEST_SCHEME)}) ${i32(LONGEST_SCHEME - SHORTEST_SCHEME)}))
      ${set('peer', plus(get('value'), get('n')))}
      ${unless(stands('peer', 0, '://'))}
      ${set('peer', add('peer', 3))}
      ${set('isUnix', stands('peer', 0, UNIX))}
      ${set('closer', quote(3))}
      ${unless(stands('closer', 0, '"'))}
      ${set('peerEnd', plus(get('peer'), `(i32.mul ${get('isUnix')} ${i32(UNIX.length)})`))}
      (block $slash
        (loop $more
          ${set('n', `(i8x16.bitmask (i8x16.eq (v128.load ${get('peerEnd')}) (i8x16.splat (select ${i32(COLON)} ${i32(SLASH)} ${get('isUnix')}))))`)}
          (br_if $slash ${get('n')})
          ${set('peerEnd', add('peerEnd', 16))}
          (br_if $more (i32.lt_u ${get('peerEnd')} ${get('closer')}))))
      ${set('peerEnd', `(i32.add ${get('peerEnd')} (select (i32.ctz ${get('n')}) ${i32(0)} ${get('n')}))`)}
      ${set('peerEnd', `(select ${get('peerEnd')} ${get('closer')} (i32.lt_u ${get('peerEnd')} ${get('closer')}))`)}
      (br_if $no (i32.le_u ${get('peerEnd')} ${get('peer')}))
      (br_if $no (i32.and ${get('isUnix')} (i32.eq ${get('peerEnd')} ${get('closer')})))
      (block $only
        ${set('mark', add('mark', 3))}
        (loop $other
          (br_if $only (i32.ge_s ${get('mark')} ${get('lastMark')}))
          ${set('opener', quote(0))}
          (br_if $no ${stands('opener', -12, ', upstream: ')})
          (br_if $only ${stands('opener', -12, ', referrer: "')})
          ${set('mark', add('mark', 1))}
          (br $other)))`;

/** What is stored where, by the names of FOUND. */
const STORE = { level: 'level', message: 'at', fields: 'fields', value: 'value', peer: 'peer', peerEnd: 'peerEnd' };
const put = (name: keyof typeof STORE) => {
  const value = name === 'level' ? get('level') : `(i32.add ${get(STORE[name])} (global.get $base))`;
  return `(i32.store offset=${FOUND_AT + FOUND.indexOf(name) * 4} ${i32(0)} ${value})`;
};

/**
 * `usual(start, end, mark, lastMark)`: reads the line [start, end) of the block, whose quotes are the marks `mark` up to
 * `lastMark`. Returns the number of the usual message plus one, with the positions of FOUND from FOUND_AT on; 0 when
 * anything is otherwise, which is no judgement: the general reader judges. Then only level and message may be there; the
 * position is -1 when they are not.
 */
export const USUAL = `(func $usual (export "usual") (param $start i32) (param $end i32) (param $mark i32) (param $lastMark i32) (result i32)
    (local $at i32) (local $level i32) (local $n i32) (local $text i32) (local $last i32) (local $word i32) (local $fields i32)
    (local $opener i32) (local $closer i32) (local $value i32) (local $peer i32) (local $peerEnd i32) (local $isUnix i32) (local $words i32) (local $hasAddress i32) (local $hasConnection i32)
    (i32.store offset=${FOUND_AT + FOUND.indexOf('message') * 4} ${i32(0)} ${i32(-1)})
    (block $no
      (br_if $no (i32.lt_s (i32.sub ${get('end')} ${get('start')}) ${i32(SHORTEST_LINE)}))
      ${HEAD}
      ${put('level')} ${put('message')}
      (br_if $no (i32.or (i32.eqz ${get('hasConnection')}) (i32.gt_u ${get('level')} ${i32(ERROR)})))${WORDS}${MESSAGE}${FIELDS}
      ${FOUND.map(put).join('\n      ')}
      (return ${get('text')}))
    ${i32(0)})`;
