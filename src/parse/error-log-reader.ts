import type { LineMarks } from './block-index.ts';
import { LineBlocks } from './line-blocks.ts';
import { type LogCounts, RESULT } from './log-counts.ts';
import { UsualErrorLine } from './nginx-usual.ts';
import { countUnclean } from './unclean.ts';

/** Longer lines are counted and not read. */
export const LONGEST_LINE_BYTES = 65_536;

/** Turns blocks of an error log into counts. One for all files: it keeps no state between blocks. */
export class ErrorLogReader {
  private reader: ErrorBlocks | undefined;

  /**
   * Reads the whole lines of [start, end) into `counts` and returns how many bytes that were. `final`: an unterminated
   * last line is a line. A line that the runtime has split and whose rest is not here yet stays unread with all after it.
   */
  read(buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts): number {
    if (start === end) return 0;
    // Not before the first bytes: where no log has any, WebAssembly and its compiler would be 1 MB for nothing.
    this.reader ??= new ErrorBlocks();
    return this.reader.read(buffer, start, end, final, counts);
  }
}

class ErrorBlocks extends LineBlocks {
  private readonly line = new UsualErrorLine();
  private counts!: LogCounts;

  constructor() {
    super(LONGEST_LINE_BYTES);
  }

  read(buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts): number {
    this.counts = counts;
    return this.readBlock(buffer, start, end, final, 'any');
  }

  protected override take(buffer: Buffer, start: number, end: number, _: number, marks?: LineMarks): void {
    if (this.line.read(buffer, start, end, marks)) this.counts.count(this.line, buffer, end - start);
    else this.counts.results[RESULT.foreign]++;
  }

  protected override skipLong(): void {
    this.counts.results[RESULT.too_long]++;
  }

  protected override countPiece(change: 1 | -1): void {
    this.counts.results[RESULT.partial] += change;
  }

  protected override skipUnwrapped(): void {
    this.counts.results[RESULT.foreign]++;
  }

  protected override lookAtOdd(block: Buffer): void {
    countUnclean(block, this.counts.unclean);
  }
}
