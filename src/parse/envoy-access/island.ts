import { type ByteSet, bytesOf } from '../access-log/byte-set.ts';
import { isDigit, QUOTE, standsAt } from '../bytes.ts';
import type { EnvoyAccessLine } from './access-line.ts';

export type Step = { readonly op: 'literal'; readonly bytes: Buffer } | ValueStep;

export type ValueStep =
  /** All bytes of `set` up to the first other one. `field`: index into ACCESS_FIELDS, -1 when nobody wants it. */
  | { readonly op: 'set'; readonly set: ByteSet; readonly field: number }
  | { readonly op: 'number'; readonly field: number }
  | { readonly op: 'code'; readonly field: number }
  | { readonly op: 'fixed'; readonly set: ByteSet; readonly length: number; readonly field: number };

export const FLAG_BYTES = bytesOf('A-Z0-9,-');
export const LONG_FLAG_BYTES = bytesOf('A-Za-z0-9,-');
export const PROTOCOL_BYTES = bytesOf('HTP/.0-9-');

const FIRST_PRINTABLE = 32;

/** What a word of Envoy's own holds when it ends at `byte`; -1: at the end of the line. Never a quote or a control. */
export function wordBytes(byte: number): ByteSet {
  const set = new Uint8Array(256).fill(1, FIRST_PRINTABLE);
  set[QUOTE] = 0;
  if (byte >= 0) set[byte] = 0;
  return set;
}

const DASH = 45;
const ZERO = 48;
const NEVER = new Uint8Array(256);
const NO_BYTES = Buffer.alloc(0);
const [LITERAL, SET, NUMBER, CODE, FIXED] = [0, 1, 2, 3, 4];
const OPS = { literal: LITERAL, set: SET, number: NUMBER, code: CODE, fixed: FIXED } as const;

/** A step as the loop takes it: all of one shape, or V8 would look each up. */
interface Op {
  readonly op: number;
  readonly bytes: Buffer;
  readonly set: Uint8Array;
  readonly length: number;
  readonly field: number;
}

/**
 * A stretch of a text format that only Envoy writes: texts and values whose end is known by their bytes. What stands before
 * and behind it may hold anything, so an island without a fixed place is looked for in the line, and must be there once.
 */
export class Island {
  readonly #ops: readonly Op[];
  /** Empty values are allowed: omit_empty_values. */
  readonly #mayBeEmpty: boolean;

  constructor(steps: readonly Step[], mayBeEmpty: boolean) {
    this.#ops = steps.map((step) => ({
      op: OPS[step.op],
      bytes: step.op === 'literal' ? step.bytes : NO_BYTES,
      set: step.op === 'set' || step.op === 'fixed' ? step.set : NEVER,
      length: step.op === 'fixed' ? step.length : 0,
      field: step.op === 'literal' ? -1 : step.field,
    }));
    this.#mayBeEmpty = mayBeEmpty;
  }

  /** Where the island ends that starts at `at`, or -1 when none does. `line`: its values are put there. */
  run(buffer: Uint8Array, at: number, end: number, line: EnvoyAccessLine | null): number {
    const ops = this.#ops;
    let position = at;
    for (let i = 0; i < ops.length; i++) {
      const op = ops[i];
      let next = position;
      if (op.op === LITERAL) {
        next += op.bytes.length;
        if (next > end || !standsAt(buffer, position, op.bytes)) return -1;
      } else {
        if (op.op === SET) while (next < end && op.set[buffer[next]] === 1) next++;
        else next = valueEnd(op, buffer, position, end);
        if (next < 0 || (next === position && !this.#mayBeEmpty)) return -1;
        if (line !== null && op.field >= 0) line.set(op.field, position, next);
      }
      position = next;
    }
    return position;
  }
}

/** Of digits and of values of one length; -1: not such a value. */
function valueEnd({ op, set, length }: Op, buffer: Uint8Array, at: number, end: number): number {
  let next = at;
  if (op === FIXED) {
    if (at + length > end) return -1;
    while (next < at + length) if (set[buffer[next++]] !== 1) return -1;
    return next;
  }
  while (next < end && isDigit(buffer[next])) next++;
  if (next === at) return next < end && buffer[next] === DASH ? next + 1 : next;
  if (op === NUMBER) return next;
  return next - at === 3 || (next - at === 1 && buffer[at] === ZERO) ? next : -1;
}
