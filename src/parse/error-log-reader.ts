import { BlockIndex, type LineMarks } from './block-index.ts';
import { BLOCK_BYTES } from './block-layout.ts';
import { NEWLINE } from './bytes.ts';
import { type LogCounts, RESULT } from './log-counts.ts';
import { FORMAT, LineUnwrapper } from './log-prefix.ts';
import { UsualErrorLine } from './nginx-usual.ts';
import { countUnclean } from './unclean.ts';

/** Longer lines are counted and not read. */
export const LONGEST_LINE_BYTES = 65_536;
/** How far the rest of a split line is looked for; the container runtime splits at 8 or 16 KiB. */
const FARTHEST_REST_BYTES = 131_072;

/** Turns blocks of an error log into counts. One for all files: it keeps no state between blocks. */
export class ErrorLogReader {
  private reader: BlockReader | undefined;

  /**
   * Reads the whole lines of [start, end) into `counts` and returns how many bytes that were. `final`: an unterminated
   * last line is a line. A line that the runtime has split and whose rest is not here yet stays unread with all after it.
   */
  read(buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts): number {
    if (start === end) return 0;
    // Not before the first bytes: where no log has any, WebAssembly and its compiler would be 1 MB for nothing.
    this.reader ??= new BlockReader();
    return this.reader.read(buffer, start, end, final, counts);
  }
}

/** Reads one block at a time. */
class BlockReader {
  private readonly unwrapper = new LineUnwrapper();
  private readonly line = new UsualErrorLine();
  private readonly index = new BlockIndex();
  /** Of the line being read. */
  private readonly marks = { index: this.index, first: 0, last: 0 };
  /** Pieces of split lines by stream number. */
  private readonly pieces = [new Pieces(), new Pieces(), new Pieces()];

  read(buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts): number {
    const block = buffer.subarray(0, end);
    for (const pieces of this.pieces) pieces.clear();
    let at = start;
    while (at < end) {
      const stop = Math.min(at + BLOCK_BYTES, end);
      const next = this.readPart(block, at, stop, final, counts);
      if (next > at && (this.index.isOdd || next > stop)) countUnclean(block.subarray(at, next), counts.unclean);
      if (next === at || (next < stop && stop === end)) return next - start;
      at = next;
    }
    return at - start;
  }

  /** Reads the lines that end in [start, stop), or the one that is longer than that; returns where it stopped. */
  private readPart(block: Buffer, start: number, stop: number, final: boolean, counts: LogCounts): number {
    this.index.scan(block, start, stop);
    const at = this.readLines(block, start, final, counts);
    return at === start || (final && stop === block.length) ? this.readRest(block, at, stop, final, counts) : at;
  }

  /**
   * Reads the lines whose ends are marked, until one must wait; returns where it stopped. Nothing but a loop: V8 optimizes
   * it while it runs for the first time, and code behind it that has never run would throw that away, again and again.
   */
  private readLines(block: Buffer, start: number, final: boolean, counts: LogCounts): number {
    const lineMarks = this.marks;
    const { marks, count } = this.index;
    let at = start;
    lineMarks.first = 0;
    for (let mark = 0; mark < count; mark++) {
      const lineEnd = marks[mark];
      if (block[lineEnd] !== NEWLINE) continue;
      lineMarks.last = mark;
      if (!this.readLine(block, at, lineEnd, counts) && this.mustWait(block, at, final, counts)) return at;
      at = lineEnd + 1;
      lineMarks.first = mark + 1;
    }
    return at;
  }

  /** A line that does not end in [start, stop): the last one of the file, or a very long one. */
  private readRest(block: Buffer, start: number, stop: number, final: boolean, counts: LogCounts): number {
    const newline = block.indexOf(NEWLINE, stop);
    if (start === stop || (newline < 0 && !final)) return start;
    const lineEnd = newline < 0 ? block.length : newline;
    this.marks.last = this.index.count;
    this.readLine(block, start, lineEnd, counts);
    return Math.min(lineEnd + 1, block.length);
  }

  /** False when the line is the first piece of a split line: the caller decides whether its rest is here. */
  private readLine(block: Buffer, start: number, lineEnd: number, counts: LogCounts): boolean {
    if (lineEnd - start > LONGEST_LINE_BYTES) {
      counts.results[RESULT.too_long]++;
      return true;
    }
    const unwrapper = this.unwrapper;
    unwrapper.unwrap(block, start, lineEnd);
    if (unwrapper.format === FORMAT.plain) {
      this.classify(block, start, unwrapper.end, counts, this.marks);
      return true;
    }
    const pieces = this.pieces[unwrapper.stream];
    if (unwrapper.partial) {
      counts.results[RESULT.partial]++;
      return !pieces.add(unwrapper.buffer, unwrapper.start, unwrapper.end);
    }
    if (pieces.length === 0) {
      const marks = unwrapper.buffer === block ? this.marks : undefined;
      this.classify(unwrapper.buffer, unwrapper.start, unwrapper.end, counts, marks);
      return true;
    }
    pieces.add(unwrapper.buffer, unwrapper.start, unwrapper.end);
    this.classify(pieces.buffer, 0, pieces.length, counts);
    pieces.clear();
    return true;
  }

  private classify(buffer: Buffer, start: number, end: number, counts: LogCounts, marks?: LineMarks): void {
    if (this.line.read(buffer, start, end, marks)) counts.count(this.line, buffer, end - start);
    else counts.results[RESULT.foreign]++;
  }

  /** After a first piece: true when its rest is not in the block but may still come. */
  private mustWait(block: Buffer, at: number, final: boolean, counts: LogCounts): boolean {
    const stream = this.unwrapper.stream;
    if (final || block.length - at >= FARTHEST_REST_BYTES || this.restIsHere(block, at, stream)) return false;
    this.pieces[stream].clear();
    // It comes again.
    counts.results[RESULT.partial]--;
    return true;
  }

  private restIsHere(block: Buffer, at: number, stream: number): boolean {
    let start = block.indexOf(NEWLINE, at) + 1;
    for (;;) {
      const newline = block.indexOf(NEWLINE, start);
      if (newline < 0) return false;
      this.unwrapper.unwrap(block, start, newline);
      if (this.unwrapper.stream === stream && !this.unwrapper.partial) return true;
      start = newline + 1;
    }
  }
}

/** Collects the pieces of one split line; what is beyond the line limit is dropped. */
class Pieces {
  readonly buffer = Buffer.allocUnsafe(LONGEST_LINE_BYTES);
  length = 0;

  /** Returns true for the first piece. */
  add(buffer: Buffer, start: number, end: number): boolean {
    const first = this.length === 0;
    this.length += buffer.copy(
      this.buffer,
      this.length,
      start,
      Math.min(end, start + this.buffer.length - this.length),
    );
    return first;
  }

  clear(): void {
    this.length = 0;
  }
}
