import { type BlockIndex, type LineMarks, marksOf } from '../block-index.ts';
import { BACKSLASH } from '../bytes.ts';
import type { AccessFormat } from './access-format.ts';
import { Attempts, NONE } from './attempts.ts';
import { behindLast, behindListStart, byteAfter, listEnd } from './ends.ts';
import { readStatus, readTime, readWhole } from './numbers.ts';
import { OrdinaryLines } from './ordinary-lines.ts';
import { OP } from './program.ts';
import { QuickLine } from './quick-line.ts';
import { NUMBER_FIELDS, TEXT_FIELDS } from './variables.ts';

/**
 * What became of a line: it fits the format; or it has another number of `quotes`, another `text` where the format has one, something
 * else than the variable's kind of `value`, or lists that do not belong together (`attempts`).
 */
export const LINE_FITS = ['fits', 'quotes', 'text', 'value', 'attempts'] as const;
export const FITS = { fits: 0, quotes: 1, text: 2, value: 3, attempts: 4 } as const;

/** Reads one line after the other by a format. What it has read is valid until the next. */
export class LineProgram {
  readonly format: AccessFormat;
  readonly attempts = new Attempts();
  /** By NUMBER_FIELDS; NONE: not in the format. */
  protected readonly numbers: Float64Array = new Float64Array(NUMBER_FIELDS.length).fill(NONE);
  /** For usual lines of whole blocks; null: none are, or the format is read otherwise. */
  readonly ordinary: OrdinaryLines | null;
  readonly #quick: QuickLine | null;
  /** Two for each of TEXT_FIELDS: where it begins and ends in the line's buffer. */
  protected readonly pieces = new Int32Array(TEXT_FIELDS.length * 2);
  #code: Int32Array;
  readonly #texts: Uint8Array;
  /** -1: they say nothing. */
  readonly #quotes: number;
  /** Where the quotes of the line stand: `#positions[#first]` is the first. */
  #positions: Uint32Array = new Uint32Array(0);
  #first = 0;
  #start = 0;
  #end = 0;
  #isLocated = true;
  #unescaped = new Uint32Array(0);

  /** `index`: of whose blocks most lines will be. */
  constructor(format: AccessFormat, index?: BlockIndex) {
    this.format = format;
    this.#quick = index === undefined ? null : QuickLine.of(index, format);
    this.ordinary = this.#quick === null ? null : new OrdinaryLines(this.#quick, format);
    if (this.#quick !== null) this.numbers = this.#quick.values;
    this.#code = format.numbers;
    this.#texts = format.texts;
    this.#quotes = format.quotes ?? -1;
  }

  /** Reads the line [start, end), without its newline; `marks` are its quotes. Returns one of FITS. */
  read(buffer: Uint8Array, start: number, end: number, marks?: LineMarks): number {
    this.#start = start;
    this.#end = end;
    this.#isLocated = false;
    if (marks !== undefined && marks.index === this.#quick?.index && this.#readQuick(start, end, marks))
      return FITS.fits;
    if (this.#quotes >= 0 && !this.#findQuotes(buffer, marks ?? marksOf(buffer, start, end))) return FITS.quotes;
    this.attempts.clear();
    const result = this.#run(this.format.numbers, buffer, start, end);
    if (result !== FITS.fits) return result;
    return this.attempts.finish() ? FITS.fits : FITS.attempts;
  }

  /** Finds the pieces of the line read last. Most lines are never asked for them. */
  protected locate(buffer: Uint8Array): void {
    if (this.#isLocated) return;
    this.#isLocated = true;
    this.pieces.fill(0);
    this.#run(this.format.pieces, buffer, this.#start, this.#end);
  }

  /** The same for the time alone. */
  protected locateTime(buffer: Uint8Array): void {
    if (this.#isLocated) return;
    this.pieces.fill(0);
    this.#run(this.format.times, buffer, this.#start, this.#end);
  }

  #readQuick(start: number, end: number, marks: LineMarks): boolean {
    if (this.#quotes >= 0 && marks.last - marks.first !== this.#quotes) return false;
    const quick = this.#quick!;
    const read = quick.read(start, end, marks);
    if (read === 0) return false;
    this.attempts.take(read - 1, quick.values);
    this.#positions = marks.index.marks;
    this.#first = marks.first;
    return true;
  }

  #findQuotes(buffer: Uint8Array, { index, first, last }: LineMarks): boolean {
    this.#positions = index.marks;
    this.#first = first;
    if (last - first === this.#quotes) return true;
    return this.format.escaping === 'json' && this.#findUnescaped(buffer, index.marks, first, last);
  }

  /** A quote of a value has a backslash before it, which is not itself the second of two. */
  #findUnescaped(buffer: Uint8Array, marks: Uint32Array, first: number, last: number): boolean {
    if (last - first < this.#quotes) return false;
    if (this.#unescaped.length < this.#quotes) this.#unescaped = new Uint32Array(this.#quotes);
    let count = 0;
    for (let mark = first; mark < last; mark++) {
      let before = marks[mark] - 1;
      while (buffer[before] === BACKSLASH) before--;
      if ((marks[mark] - before) % 2 === 0) continue;
      if (count === this.#quotes) return false;
      this.#unescaped[count++] = marks[mark];
    }
    this.#positions = this.#unescaped;
    this.#first = 0;
    return count === this.#quotes;
  }

  /** Operations by number, as in OP: a bundler makes variables of a module's constants, and this took half as long again. */
  #run(code: Int32Array, buffer: Uint8Array, start: number, end: number): number {
    this.#code = code;
    let at = start;
    let limit = end;
    let close = end;
    let edge = end;
    let low = start;
    for (let step = 0; step < code.length; step += 4) {
      const first = code[step + 1];
      switch (code[step]) {
        case 7: // segment
          at = first === 0 ? start : this.#positions[this.#first + first - 1] + 1;
          close = code[step + 2] === 1 ? end : this.#positions[this.#first + first];
          limit = close;
          break;
        case 8: // text
          if (!this.#isText(buffer, at, close, step)) return FITS.text;
          at += code[step + 2];
          limit = close;
          break;
        case 9: // skip
          at = limit;
          break;
        case 10: // limitByByte
        case 11: // limitByList
          limit = this.#limitOf(buffer, at, close, step);
          if (limit < at) return FITS.text;
          break;
        case 12: // back
          low = at;
          edge = close;
          break;
        case 13: // textBefore
          edge -= code[step + 2];
          if (edge < low || !this.#isText(buffer, edge, close, step)) return FITS.text;
          break;
        case 14: // startByByte
        case 15: // startByList
          limit = edge;
          edge = this.#startOf(buffer, edge, low, step);
          if (edge > limit || edge < low) return FITS.text;
          at = edge;
          break;
        case 16: // gap
          at = low;
          limit = edge;
          break;
        default:
          at = this.#readField(buffer, at, limit, step);
          if (at < 0) return FITS.value;
      }
      const then = code[step + 3];
      if (then === 256 && at !== limit) return FITS.value;
      if (then === 0 || then === 256) continue;
      if (at >= close || buffer[at] !== then) return FITS.text;
      at++;
      limit = close;
    }
    return FITS.fits;
  }

  #limitOf(buffer: Uint8Array, at: number, close: number, step: number): number {
    const first = this.#code[step + 1];
    if (this.#code[step] === OP.limitByList) return listEnd(buffer, at, close) - first;
    return byteAfter(buffer, at, close, first) - this.#code[step + 2];
  }

  #startOf(buffer: Uint8Array, edge: number, low: number, step: number): number {
    const first = this.#code[step + 1];
    const isList = this.#code[step] === OP.startByList;
    const start = isList ? behindListStart(buffer, edge, low) : behindLast(buffer, edge, low, first);
    return start < 0 ? start : start + (isList ? first : this.#code[step + 2]);
  }

  #isText(buffer: Uint8Array, at: number, close: number, step: number): boolean {
    const address = this.#code[step + 1];
    const length = this.#code[step + 2];
    if (at + length > close) return false;
    for (let i = 0; i < length; i++) if (buffer[at + i] !== this.#texts[address + i]) return false;
    return true;
  }

  /** Returns where the field ends, or -1. */
  #readField(buffer: Uint8Array, at: number, limit: number, step: number): number {
    const argument = this.#code[step + 1];
    const isCounted = this.#code[step + 2] === 1;
    switch (this.#code[step]) {
      case 0: // status
        return readStatus(buffer, at, limit, this.numbers, argument);
      case 1: // integer
        return readWhole(buffer, at, limit, this.numbers, argument);
      case 2: // seconds
        return readTime(buffer, at, limit, this.numbers, argument);
      case 3: // piece
        this.pieces[argument * 2] = at;
        this.pieces[argument * 2 + 1] = limit;
        return limit;
      case 4: // addresses
        return this.attempts.readAddresses(buffer, at, limit, isCounted);
      case 5: // statuses
        return this.attempts.readStatuses(buffer, at, limit, isCounted);
      default:
        return this.attempts.readTimes(buffer, at, limit, isCounted, argument);
    }
  }
}
