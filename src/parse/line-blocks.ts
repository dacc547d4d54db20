import { BlockIndex, type LineMarks } from './block-index.ts';
import { BLOCK_BYTES } from './block-layout.ts';
import { NEWLINE } from './bytes.ts';
import { Pieces } from './line-pieces.ts';
import { FORMAT, LineUnwrapper, STREAM } from './log-prefix.ts';

/** How far the rest of a split line is looked for; the container runtime splits at 8 or 16 KiB. */
export const FARTHEST_REST_BYTES = 131_072;

const NONE_LEFT = new Uint32Array(0);

/**
 * What is around a line: `any` known wrapping, or none; `none`; `container`: what a container runtime writes, the lines of other
 * shape are nobody's. A line that begins with what a client has sent must not be looked at for `any`.
 */
export type Wrapping = 'any' | 'none' | 'container';

/** Splits blocks into lines, takes their wrapping off and joins what a runtime has split. It keeps no state between blocks. */
export abstract class LineBlocks {
  protected readonly index: BlockIndex;
  readonly #longest: number;
  #wrapping: Wrapping = 'any';
  readonly #unwrapper = new LineUnwrapper();
  /** Of the line being read. */
  readonly #marks: { readonly index: BlockIndex; first: number; last: number };
  /** Pieces of split lines by stream number. */
  readonly #pieces: readonly Pieces[];

  /** `longest`: bytes of the longest line that is read, at most those that one scan of the index takes. */
  constructor(longest: number, index = new BlockIndex()) {
    this.#longest = longest;
    this.index = index;
    this.#marks = { index, first: 0, last: 0 };
    this.#pieces = [new Pieces(longest), new Pieces(longest), new Pieces(longest)];
  }

  /** A whole line without its wrapping. `marks`: its quotes, unless it had to be copied. `stream`: see STREAM. */
  protected abstract take(buffer: Buffer, start: number, end: number, stream: number, marks?: LineMarks): void;
  /** A line is longer than `longest`. */
  protected abstract skipLong(): void;
  /** A piece of a split line was seen (1), or comes again (-1). */
  protected abstract countPiece(change: 1 | -1): void;
  /** A line that no container runtime has written. */
  protected abstract skipUnwrapped(): void;
  /** These whole lines were read; the index has bytes other than printable ASCII in them, or does not know. */
  protected abstract lookAtOdd(block: Buffer): void;

  /** Whether many lines may be taken at once. */
  protected get takesMany(): boolean {
    return false;
  }

  /**
   * Takes lines of the block scanned last, from number `line` on, but those that it leaves; returns the number of the next.
   * What may be a piece of a line, and all behind it, is not taken.
   */
  protected takeMany(line: number): number {
    return line;
  }

  /** Takes a line that was left, `number` of `left`, if more is known of it than where it is. */
  protected takeLeft(_block: Buffer, _end: number, _number: number, _marks: LineMarks): boolean {
    return false;
  }

  /** Numbers of the lines that were left, to be taken one by one. */
  protected get left(): Uint32Array {
    return NONE_LEFT;
  }

  /**
   * Reads the whole lines of [start, end) and returns how many bytes that were. `final`: an unterminated last line is a
   * line. A line that the runtime has split and whose rest is not here yet stays unread with all after it.
   */
  protected readBlock(buffer: Buffer, start: number, end: number, final: boolean, wrapping: Wrapping): number {
    const block = buffer.subarray(0, end);
    this.#wrapping = wrapping;
    for (const pieces of this.#pieces) pieces.clear();
    let at = start;
    while (at < end) {
      const stop = Math.min(at + BLOCK_BYTES, end);
      const next = this.#readPart(block, at, stop, final);
      if (next > at && (this.index.isOdd || next > stop)) this.lookAtOdd(block.subarray(at, next));
      if (next === at || (next < stop && stop === end)) return next - start;
      at = next;
    }
    return at - start;
  }

  /** Reads the lines that end in [start, stop), or the one that is longer than that; returns where it stopped. */
  #readPart(block: Buffer, start: number, stop: number, final: boolean): number {
    this.index.scan(block, start, stop);
    const { lineCount } = this.index;
    const next = this.takesMany
      ? this.#readMany(block, start, final)
      : this.#readLines(block, start, 0, lineCount, final);
    const at = this.#goTo(next, start);
    return at === start || (final && stop === block.length) ? this.#readRest(block, at, stop, final) : at;
  }

  /** As #readLines for all lines of the block scanned last, in order only where there are pieces of lines. */
  #readMany(block: Buffer, start: number, final: boolean): number {
    const { lineCount } = this.index;
    let inOrder = 1;
    let line = 0;
    while (line < lineCount) {
      const next = this.#isWithinLine ? line : this.#takeMany(block, start, line);
      // Where every line may be a piece, each question would be in vain.
      inOrder = next > line ? 1 : inOrder * 2;
      const stop = Math.min(lineCount, next + inOrder);
      line = this.#readLines(block, start, next, stop, final);
      if (line < stop) break;
    }
    return line;
  }

  /** Pieces of a line were read whose rest was not. */
  get #isWithinLine(): boolean {
    return this.#pieces.some((pieces) => pieces.length > 0);
  }

  /** Reads lines from number `line` on of which none is a piece; returns the number of the next. */
  #takeMany(block: Buffer, start: number, line: number): number {
    const next = this.takeMany(line);
    const { left } = this;
    for (let number = 0; number < left.length; number++) {
      const at = this.#goTo(left[number], start);
      const end = this.index.marks[this.#marks.last];
      if (!this.takeLeft(block, end, number, this.#marks)) this.#readLine(block, at, end);
    }
    return next;
  }

  /** Where the line begins; its marks are then those of #marks. */
  #goTo(line: number, start: number): number {
    const { marks, lines } = this.index;
    const lineMarks = this.#marks;
    lineMarks.first = line === 0 ? 0 : lines[line - 1] + 1;
    lineMarks.last = lines[line];
    return line === 0 ? start : marks[lineMarks.first - 1] + 1;
  }

  /**
   * Reads the lines whose ends are marked, from number `first` up to `stop`, until one must wait; returns the number of the
   * next. Nothing but a loop: V8 optimizes it while it runs for the first time, and code behind it that has never run would
   * throw that away, again and again.
   */
  #readLines(block: Buffer, start: number, first: number, stop: number, final: boolean): number {
    const lineMarks = this.#marks;
    const { marks, lines } = this.index;
    let at = this.#goTo(first, start);
    for (let line = first; line < stop; line++) {
      const mark = lines[line];
      const lineEnd = marks[mark];
      lineMarks.last = mark;
      if (!this.#readLine(block, at, lineEnd) && this.#mustWait(block, at, final)) return line;
      at = lineEnd + 1;
      lineMarks.first = mark + 1;
    }
    return stop;
  }

  /** A line that does not end in [start, stop): the last one of the file, or a very long one. */
  #readRest(block: Buffer, start: number, stop: number, final: boolean): number {
    const newline = block.indexOf(NEWLINE, stop);
    if (start === stop || (newline < 0 && !final)) return start;
    const lineEnd = newline < 0 ? block.length : newline;
    this.#marks.last = this.index.count;
    this.#readLine(block, start, lineEnd);
    return Math.min(lineEnd + 1, block.length);
  }

  /** False when the line is the first piece of a split line: the caller decides whether its rest is here. */
  #readLine(block: Buffer, start: number, lineEnd: number): boolean {
    if (lineEnd - start > this.#longest) {
      this.skipLong();
      return true;
    }
    if (this.#wrapping === 'none') {
      this.take(block, start, lineEnd, STREAM.none, this.#marks);
      return true;
    }
    const unwrapper = this.#unwrapper;
    if (this.#wrapping === 'any') unwrapper.unwrap(block, start, lineEnd);
    else unwrapper.unwrapContainer(block, start, lineEnd);
    if (unwrapper.format === FORMAT.plain) {
      this.take(block, start, unwrapper.end, STREAM.none, this.#marks);
      return true;
    }
    if (unwrapper.format === FORMAT.other && this.#wrapping === 'container') {
      this.skipUnwrapped();
      return true;
    }
    return this.#readWrapped(block);
  }

  #readWrapped(block: Buffer): boolean {
    const unwrapper = this.#unwrapper;
    const { stream } = unwrapper;
    const pieces = this.#pieces[stream];
    if (unwrapper.partial) {
      this.countPiece(1);
      return !pieces.add(unwrapper.buffer, unwrapper.start, unwrapper.end);
    }
    if (pieces.length === 0) {
      // Docker's own quotes are among the marks.
      const marks = unwrapper.buffer === block && unwrapper.format !== FORMAT.dockerJson ? this.#marks : undefined;
      this.take(unwrapper.buffer, unwrapper.start, unwrapper.end, stream, marks);
      return true;
    }
    pieces.add(unwrapper.buffer, unwrapper.start, unwrapper.end);
    if (pieces.isCut) this.skipLong();
    else this.take(pieces.buffer, 0, pieces.length, stream);
    pieces.clear();
    return true;
  }

  /** After a first piece: true when its rest is not in the block but may still come. */
  #mustWait(block: Buffer, at: number, final: boolean): boolean {
    const { stream } = this.#unwrapper;
    if (final || block.length - at >= FARTHEST_REST_BYTES || this.#restIsHere(block, at, stream)) return false;
    this.#pieces[stream].clear();
    this.countPiece(-1);
    return true;
  }

  #restIsHere(block: Buffer, at: number, stream: number): boolean {
    let start = block.indexOf(NEWLINE, at) + 1;
    for (;;) {
      const newline = block.indexOf(NEWLINE, start);
      if (newline < 0) return false;
      this.#unwrapper.unwrap(block, start, newline);
      if (this.#unwrapper.stream === stream && !this.#unwrapper.partial) return true;
      start = newline + 1;
    }
  }
}
