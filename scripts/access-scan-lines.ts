/** The part of scripts/access-scan.ts that reads one line after the other. */
import {
  ATTEMPT_VALUES,
  BYTE_SUMS,
  NUMBERS,
  ORDINARY,
  ORDINARY_AT,
  SUMS_AT,
  VALUES_AT,
} from '../src/parse/access-log/access-layout.ts';
import { NO_ANSWER } from '../src/parse/access-log/ordinary-lines.ts';
import { NUMBER_FIELDS, type NumberField } from '../src/parse/access-log/variables.ts';
import { eachLine, LINE_LOCALS } from './many-lines.ts';
import { get, i32, plus, set } from './wasm-text.ts';

const [SWITCHING_PROTOCOLS, TOO_MANY, FIRST_FAILURE] = [101, 429, 500];
const MOST = 2 ** 31 - 1;

const value = (index: number) => `(f64.load (i32.const ${VALUES_AT + index * 8}))`;
const number = (name: NumberField) => value(NUMBER_FIELDS.indexOf(name));
const attempt = (name: (typeof ATTEMPT_VALUES)[number]) => value(NUMBERS + ATTEMPT_VALUES.indexOf(name));
const whole = (from: string) => `(i32.trunc_sat_f64_s ${from})`;
const put = (name: (typeof ORDINARY)[number], from: string) =>
  `(i32.store offset=${ORDINARY_AT + ORDINARY.indexOf(name) * 4} ${get('to')} ${from})`;

/** Others, from the first that somebody looks at. There is none: -1. */
const leaveFrom = (first: string, status: string) => `
        (br_if $other (f64.ge ${status} ${first}))
        (br_if $other (f64.eq ${status} (f64.const ${SWITCHING_PROTOCOLS})))`;
const leaveIfLong = (time: string) => `(br_if $other (f64.ge ${time} (f64.const ${MOST})))`;

const FIELD_OF_SUM: Readonly<Record<(typeof BYTE_SUMS)[number], NumberField>> = {
  sent: 'bytes_sent',
  body: 'body_bytes_sent',
  received: 'request_length',
};
const addUp = (sum: (typeof BYTE_SUMS)[number]) => {
  const at = i32(SUMS_AT + BYTE_SUMS.indexOf(sum) * 8);
  const bytes = number(FIELD_OF_SUM[sum]);
  return `(if (f64.gt ${bytes} (f64.const 0)) (then (f64.store ${at} (f64.add (f64.load ${at}) ${bytes}))))`;
};

/** Reads the line; goes on behind $other when it is not ordinary. */
const LINE = `
        (br_if $other (i32.and (i32.ge_s ${get('quotes')} ${i32(0)})
          (i32.ne (i32.sub ${get('last')} ${get('first')}) ${get('quotes')})))
        ${set('attempts', `(call $request ${get('start')} ${get('end')} ${get('first')} ${get('base')})`)}
        (br_if $other (i32.eqz ${get('attempts')}))
        ${leaveFrom(get('looked'), number('status'))}
        (br_if $other (f64.eq ${number('status')} (f64.const ${TOO_MANY})))
        ${leaveIfLong(number('request_time'))}
        ${put('peer', i32(0))}
        ${put('answer', i32(NO_ANSWER))}
        (if (i32.eq ${get('attempts')} ${i32(2)}) (then
          ${leaveFrom(`(f64.const ${FIRST_FAILURE})`, attempt('status'))}
          ${leaveIfLong(attempt('response'))}
          ${leaveIfLong(attempt('connect'))}
          (if (f64.gt ${attempt('end')} ${attempt('start')}) (then
            ${set('peer', `(call $peer (i32.sub ${whole(attempt('start'))} ${get('base')}) (i32.sub ${whole(attempt('end'))} ${get('base')}))`)}
            (br_if $other (i32.eqz ${get('peer')}))
            ${put('peer', get('peer'))}))
          ${put('answer', whole(attempt('status')))}
          ${put('response', whole(attempt('response')))}
          ${put('connect', whole(attempt('connect')))}))
        ${put('status', whole(number('status')))}
        ${put('time', whole(number('request_time')))}
        ${BYTE_SUMS.map(addUp).join('\n        ')}
        ${set('to', plus(get('to'), i32(ORDINARY.length * 4)))}`;

/**
 * `ordinary(line, lines, base, quotes, looked)`: reads the lines of the block from number `line` on, up to number `lines`, MOST_LINES at most. Those that are
 * ordinary go to ORDINARY_AT, their bytes to the sums, the numbers of the others to OTHERS_AT. Returns how many are ordinary. `quotes`: of
 * a line; -1: they say nothing. `looked`: statuses from this one on are not ordinary.
 */
export const ORDINARY_LINES = `(func (export "ordinary") (param $line i32) (param $lines i32) (param $base i32) (param $quotes i32) (param $looked f64) (result i32)
    (local $to i32) (local $attempts i32) (local $peer i32)
    ${LINE_LOCALS}
    ${eachLine(get('base'), LINE)}
    (i32.div_u ${get('to')} ${i32(ORDINARY.length * 4)}))`;
