/** `usual_lines`: the usual lines of a block in one go, as WebAssembly text. */
import { FOUND, FOUND_AT } from '../src/parse/block-layout.ts';
import {
  FIRSTS_AT,
  LEFT,
  LEFT_AT,
  MOST_SETTLED,
  SETTLED_AT,
  SETTLED_BYTES,
  SETTLED_LENGTH,
  SETTLED_LEVEL,
  SETTLED_MASK,
  SETTLED_NEXT,
  SETTLED_TEXT,
  TALLIES_AT,
  USUAL,
  USUAL_AT,
} from '../src/parse/usual-lines-layout.ts';
import { eachLine, LINE_LOCALS } from './many-lines.ts';
import { byteAt, get, i32, isDigit, plus, set, skipDigits, stands, unless } from './wasm-text.ts';

const BASE = '(global.get $base)';
const [NANOSECONDS_AT, NINE_DIGITS] = [20, 9];
const isByte = (name: string, offset: number, text: string) =>
  `(i32.eq ${byteAt(name, offset)} ${i32(text.charCodeAt(0))})`;

/** Where the content of a line that a container runtime has written whole, `STAMP stdout|stderr F CONTENT`, begins; 0: it may be otherwise. */
const CONTENT = `(func $content (param $start i32) (result i32)
    (local $at i32) (local $n i32)
    (block $no
      ${unless(isDigit(byteAt('start', 0)))}
      ${[4, 7].map((at) => unless(isByte('start', at, '-'))).join(' ')}
      ${unless(isByte('start', 10, 'T'))}
      ${[13, 16].map((at) => unless(isByte('start', at, ':'))).join(' ')}
      ${unless(isDigit(byteAt('start', 18)))}
      ${unless(isByte('start', NANOSECONDS_AT - 1, '.'))}
      ${set('at', plus(get('start'), i32(NANOSECONDS_AT)))}
      ${skipDigits(NINE_DIGITS)}
      (if ${isByte('at', 0, 'Z')}
        (then ${set('at', plus(get('at'), i32(1)))})
        (else
          ${unless(`(i32.or ${isByte('at', 0, '+')} ${isByte('at', 0, '-')})`)}
          ${[1, 2, 4, 5].map((at) => unless(isDigit(byteAt('at', at)))).join(' ')}
          ${unless(isByte('at', 3, ':'))}
          ${set('at', plus(get('at'), i32(6)))}))
      ${unless(`(i32.or ${stands('at', 0, ' stderr F ')} ${stands('at', 0, ' stdout F ')})`)}
      (return ${plus(get('at'), i32(10))}))
    ${i32(0)})`;

/** Number of the settled message that begins at $at, plus one, or 0. None holds a newline, so none can reach into the next line. */
const SETTLED = `(func $settled (param $at i32) (param $level i32) (result i32)
    (local $text i32) (local $entry i32) (local $n i32)
    ${set('text', `(i32.load8_u offset=${FIRSTS_AT} (i32.load8_u ${get('at')}))`)}
    (loop $candidate
      (if (i32.eqz ${get('text')}) (then (return ${i32(0)})))
      ${set('entry', `(i32.mul ${get('text')} ${i32(SETTLED_BYTES)})`)}
      ${set('n', i32(0))}
      (block $differs
        (br_if $differs (i32.lt_u ${get('level')} (i32.load offset=${SETTLED_AT + SETTLED_LEVEL} ${get('entry')})))
        (loop $compare
          (br_if $differs (v128.any_true (v128.xor
            (v128.load offset=${SETTLED_AT + SETTLED_TEXT} ${plus(get('entry'), get('n'))})
            (v128.and
              (v128.load offset=${SETTLED_AT + SETTLED_MASK} ${plus(get('entry'), get('n'))})
              (v128.load ${plus(get('at'), get('n'))})))))
          ${set('n', plus(get('n'), i32(16)))}
          (br_if $compare (i32.lt_u ${get('n')} (i32.load offset=${SETTLED_AT + SETTLED_LENGTH} ${get('entry')}))))
        (return ${get('text')}))
      ${set('text', `(i32.load offset=${SETTLED_AT + SETTLED_NEXT} ${get('entry')})`)}
      (br $candidate))
    (unreachable))`;

const found = (name: (typeof FOUND)[number]) => `(i32.load ${i32(FOUND_AT + FOUND.indexOf(name) * 4)})`;
const inBlock = (name: (typeof FOUND)[number]) => `(i32.sub ${found(name)} ${BASE})`;
const put = (name: (typeof USUAL)[number]) =>
  `(i32.store offset=${USUAL_AT + USUAL.indexOf(name) * 4} ${get('to')} ${get(name)})`;
/** Of the line, should it be left. */
const leave = (name: (typeof LEFT)[number], value: string) =>
  `(i32.store offset=${LEFT_AT + LEFT.indexOf(name) * 4} (i32.mul ${get('other')} ${i32(LEFT.length)}) ${value})`;
const tally = `(i32.shl ${get('text')} ${i32(2)})`;

const LINE = `
            ${leave('message', i32(-1))}
            (br_if $other (i32.gt_u (i32.sub ${get('end')} ${get('start')}) ${get('longest')}))
            ${set('content', get('start'))}
            (if (i32.or ${isByte('start', 0, '{')} (i32.and ${isByte('start', 4, '-')} ${isByte('start', 10, 'T')})) (then
              ${set('content', `(call $content ${get('start')})`)}
              (br_if $end (i32.eqz ${get('content')}))))
            ${set('text', `(call $usual ${get('content')} ${get('end')} ${get('first')} ${get('last')})`)}
            (if (i32.eqz ${get('text')}) (then
              (br_if $other (i32.lt_s ${found('message')} ${i32(0)}))
              ${set('text', `(call $settled ${inBlock('message')} ${found('level')})`)}
              (if (i32.eqz ${get('text')}) (then
                ${leave('content', get('content'))}
                ${leave('level', found('level'))}
                ${leave('message', found('message'))}
                (br $other)))
              (i32.store offset=${TALLIES_AT} ${tally} ${plus(`(i32.load offset=${TALLIES_AT} ${tally})`, i32(1))})
              (br $done)))
            ${set('peer', `(call $peer ${inBlock('peer')} ${inBlock('peerEnd')})`)}
            (br_if $other (i32.eqz ${get('peer')}))
            ${USUAL.map(put).join('\n            ')}
            ${set('to', plus(get('to'), i32(USUAL.length * 4)))}`;

/**
 * `usual_lines(line, lines, longest)`: reads the lines of the block from number `line` on, up to number `lines`, MOST_LINES at most.
 * Those that are usual, at a peer that is known, and not longer than `longest`, go to USUAL_AT; those whose message is settled are
 * counted from TALLIES_AT on; the numbers of the others go to OTHERS_AT, what is known of them to LEFT_AT. Stops at a line that may be
 * a piece of one; returns the number of the next, and the globals `usual_count` and `left_count` say how many there are.
 */
export const USUAL_LINES = `${CONTENT}
  ${SETTLED}
  (global $usual_count (export "usual_count") (mut i32) (i32.const 0))
  (global $left_count (export "left_count") (mut i32) (i32.const 0))
  (func (export "usual_lines") (param $line i32) (param $lines i32) (param $longest i32) (result i32)
    (local $to i32) (local $content i32) (local $text i32) (local $peer i32)
    ${LINE_LOCALS}
    (memory.fill ${i32(TALLIES_AT)} ${i32(0)} ${i32((MOST_SETTLED + 1) * 4)})
    ${eachLine(BASE, LINE)}
    (global.set $usual_count (i32.div_u ${get('to')} ${i32(USUAL.length * 4)}))
    (global.set $left_count (i32.shr_u ${get('other')} ${i32(2)}))
    ${get('line')})`;
