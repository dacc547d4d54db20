/**
 * What is done with a line, in steps of four numbers: an operation, two arguments, and what must follow. LineProgram reads it.
 * A table and one loop need no code from strings and are fast enough (docs/design/0006-traffic.md).
 *
 * A step stands at `at` and must not go beyond `limit`, which is the end of the segment unless a step has said otherwise.
 */
export const OP = {
  /** field: three digits. */
  status: 0,
  /** field: digits. */
  integer: 1,
  /** field: seconds with three decimals. */
  seconds: 2,
  /** field: up to the limit. */
  piece: 3,
  /** –, isCounted: 1 when the list has as many items as the one read before. So the next two. */
  addresses: 4,
  statuses: 5,
  /** column, isCounted */
  times: 6,
  /** index, isLast: goes to the segment. */
  segment: 7,
  /** address, length: the text stands here. */
  text: 8,
  /** Goes to the limit. */
  skip: 9,
  /** byte, offset: the limit is `offset` before the next `byte`. */
  limitByByte: 10,
  /** offset: the limit is `offset` before the space behind the list. */
  limitByList: 11,
  /** Turns round: goes to the end of the segment; what has been read stays the lower limit. */
  back: 12,
  /** address, length: the text ends here. */
  textBefore: 13,
  /** byte, offset: the value that ends here begins `offset` behind the last `byte` before it. */
  startByByte: 14,
  /** offset: the list that ends here begins `offset` behind the space before it. */
  startByList: 15,
  /** The value lies between the two ways. */
  gap: 16,
} as const;

/** What must follow a step: nothing, the limit, or the byte of this number. */
export const [ANY, LIMIT] = [0, 256];

export const STEP = 4;
const THEN = 3;

/** Builds a program. */
export class Assembler {
  readonly #code: number[] = [];
  readonly #texts: number[];

  /** `texts`: where the texts go; several programs may share it. */
  constructor(texts: number[]) {
    this.#texts = texts;
  }

  put(op: number, first = 0, second = 0): void {
    this.#code.push(op, first, second, ANY);
  }

  /** A text of one byte is the step's before. */
  putText(bytes: Uint8Array): void {
    if (bytes.length !== 1 || !this.#then(bytes[0])) this.#putText(OP.text, bytes);
  }

  putTextBefore(bytes: Uint8Array): void {
    this.#putText(OP.textBefore, bytes);
  }

  /** The step before must end at the limit. */
  putLimit(): void {
    if (!this.#then(LIMIT)) throw new Error('nothing reads up to the limit');
  }

  get code(): Int32Array {
    return Int32Array.from(this.#code);
  }

  #putText(op: number, bytes: Uint8Array): void {
    this.put(op, this.#texts.length, bytes.length);
    this.#texts.push(...bytes);
  }

  /** False: the last step goes backward, or something else follows it. */
  #then(what: number): boolean {
    const last = this.#code.length - STEP;
    if (last < 0 || this.#code[last] > OP.skip || this.#code[last + THEN] !== ANY) return false;
    this.#code[last + THEN] = what;
    return true;
  }
}
