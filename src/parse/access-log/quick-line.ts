import type { BlockIndex, LineMarks } from '../block-index.ts';
import type { AccessFormat } from './access-format.ts';
import { ATTEMPT_VALUES, END, FORMAT_TEXTS_AT, FORMAT_TEXTS_BYTES, NUMBERS, VALUES_AT } from './access-layout.ts';
import { NONE } from './attempts.ts';
import { lineCode } from './line-code.ts';
import { STEP } from './program.ts';

/** As scripts/access-scan.ts describes it. */
interface Code {
  request(start: number, end: number, first: number, base: number): number;
  ordinary(line: number, lines: number, base: number, quotes: number, looked: number): number;
  learn(start: number, end: number, peer: number): void;
}

/** Longer formats are left to LineProgram. */
const MOST_STEPS = 512;

const modules = new WeakMap<AccessFormat, WebAssembly.Module>();

function moduleOf(format: AccessFormat): WebAssembly.Module {
  const known = modules.get(format);
  if (known !== undefined) return known;
  const made = new WebAssembly.Module(lineCode(format.numbers));
  modules.set(format, made);
  return made;
}

/**
 * A quick way round LineProgram for usual lines: one attempt at most, and a format that is read forward. The line lies in the memory of its
 * index already, where WebAssembly reads it in half the time. It never judges: what is otherwise is left to LineProgram.
 */
export class QuickLine {
  readonly index: BlockIndex;
  /** Of the line read last: by NUMBER_FIELDS, then by ATTEMPT_VALUES. */
  readonly values: Float64Array;
  readonly code: Code;

  private constructor(index: BlockIndex, format: AccessFormat) {
    this.index = index;
    const { memory } = index;
    this.code = new WebAssembly.Instance(moduleOf(format), { index: { memory } }).exports as unknown as Code;
    this.values = new Float64Array(memory.buffer, VALUES_AT, NUMBERS + ATTEMPT_VALUES.length).fill(NONE);
    // Without addresses there is nothing between them.
    this.values.fill(0, NUMBERS, NUMBERS + ATTEMPT_VALUES.indexOf('status'));
    new Uint8Array(memory.buffer, FORMAT_TEXTS_AT, format.texts.length).set(format.texts);
  }

  /** Null when the format must be read backward, or is too long. */
  static of(index: BlockIndex, format: AccessFormat): QuickLine | null {
    const { numbers, texts } = format;
    for (let step = 0; step < numbers.length; step += STEP) if (numbers[step] >= END) return null;
    if (numbers.length > MOST_STEPS * STEP || texts.length > FORMAT_TEXTS_BYTES) return null;
    return new QuickLine(index, format);
  }

  /** Attempts of the line [start, end) of the block, plus one; 0 when it is not usual. It has the right number of quotes. */
  read(start: number, end: number, { first }: LineMarks): number {
    const { base } = this.index;
    return this.code.request(start - base, end - base, first, base);
  }
}
