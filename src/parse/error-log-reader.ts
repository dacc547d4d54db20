import type { LineMarks } from './block-index.ts';
import { CARRIAGE_RETURN } from './bytes.ts';
import { LineBlocks } from './line-blocks.ts';
import { type LogCounts, RESULT } from './log-counts.ts';
import { UsualErrorLine } from './nginx-usual.ts';
import { countUnclean } from './unclean.ts';
import { UsualLines } from './usual-lines.ts';

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
  private readonly usual = new UsualLines(this.index, LONGEST_LINE_BYTES);
  private counts!: LogCounts;

  constructor() {
    super(LONGEST_LINE_BYTES);
  }

  read(buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts): number {
    this.counts = counts;
    this.usual.peers.nameBy(counts.peers);
    return this.readBlock(buffer, start, end, final, 'any');
  }

  protected override take(buffer: Buffer, start: number, end: number, _: number, marks?: LineMarks): void {
    const { line, counts } = this;
    if (!line.read(buffer, start, end, marks)) {
      counts.results[RESULT.foreign]++;
      return;
    }
    const peer = counts.count(line, buffer, end - start);
    // What had to be copied is not in the block.
    if (line.isUsual && peer !== 0 && marks !== undefined)
      this.usual.peers.learn(line.upstream.peerStart, line.upstream.peerEnd, peer);
  }

  protected override get takesMany(): boolean {
    return true;
  }

  protected override takeMany(line: number): number {
    const next = this.usual.read(line);
    this.counts.countUsual(this.usual, this.line.meanings);
    return next;
  }

  protected override takeLeft(block: Buffer, lineEnd: number, number: number, marks: LineMarks): boolean {
    const { usual, line } = this;
    const message = usual.messageOf(number);
    const end = block[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
    if (message < 0 || message === end) return false;
    line.readFrom(usual.levelOf(number), message, block, end, marks);
    this.counts.count(line, block, end - usual.contentOf(number) - this.index.base);
    return true;
  }

  protected override get left(): Uint32Array {
    return this.usual.others;
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
