import type { BlockIndex, LineMarks } from '../block-index.ts';
import type { AccessFormat } from './access-format.ts';
import {
  ATTEMPT_VALUES,
  END,
  FORMAT_TEXTS_AT,
  FORMAT_TEXTS_BYTES,
  NUMBERS,
  PROGRAM_AT,
  PROGRAM_BYTES,
  VALUES_AT,
} from './access-layout.ts';
import { ACCESS_SCAN } from './access-scan.ts';
import { NONE } from './attempts.ts';
import { STEP } from './program.ts';

type Request = (start: number, end: number, first: number, base: number) => number;

let compiled: WebAssembly.Module | undefined;

/**
 * A quick way round LineProgram for usual lines: one attempt at most, and a format that is read forward. The line lies in the memory of its
 * index already, where WebAssembly reads it in half the time. It never judges: what is otherwise is left to LineProgram.
 */
export class QuickLine {
  readonly index: BlockIndex;
  /** Of the line read last: by NUMBER_FIELDS, then by ATTEMPT_VALUES. */
  readonly values: Float64Array;
  readonly #request: Request;

  private constructor(index: BlockIndex, { numbers, texts }: AccessFormat) {
    this.index = index;
    const { memory } = index;
    compiled ??= new WebAssembly.Module(Buffer.from(ACCESS_SCAN, 'base64'));
    this.#request = new WebAssembly.Instance(compiled, { index: { memory } }).exports.request as Request;
    this.values = new Float64Array(memory.buffer, VALUES_AT, NUMBERS + ATTEMPT_VALUES.length).fill(NONE);
    // Without addresses there is nothing between them.
    this.values.fill(0, NUMBERS, NUMBERS + ATTEMPT_VALUES.indexOf('status'));
    const program = new Int32Array(memory.buffer, PROGRAM_AT, numbers.length + STEP);
    program.set(numbers);
    program.set([END, 0, 0, 0], numbers.length);
    new Uint8Array(memory.buffer, FORMAT_TEXTS_AT, texts.length).set(texts);
  }

  /** Null when the format must be read backward, or is too long. */
  static of(index: BlockIndex, format: AccessFormat): QuickLine | null {
    const { numbers, texts } = format;
    if ((numbers.length + STEP) * 4 > PROGRAM_BYTES || texts.length > FORMAT_TEXTS_BYTES) return null;
    for (let step = 0; step < numbers.length; step += STEP) if (numbers[step] >= END) return null;
    return new QuickLine(index, format);
  }

  /** Attempts of the line [start, end) of the block, plus one; 0 when it is not usual. It has the right number of quotes. */
  read(start: number, end: number, { first }: LineMarks): number {
    const { base } = this.index;
    return this.#request(start - base, end - base, first, base);
  }
}
