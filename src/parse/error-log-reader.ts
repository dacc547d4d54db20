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
  private readonly unwrapper = new LineUnwrapper();
  private readonly line = new UsualErrorLine();
  /** Pieces of split lines by stream number. */
  private readonly pieces = [new Pieces(), new Pieces(), new Pieces()];

  /**
   * Reads the whole lines of [start, end) into `counts` and returns how many bytes that were. `final`: an unterminated
   * last line is a line. A line that the runtime has split and whose rest is not here yet stays unread with all after it.
   */
  read(buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts): number {
    const block = buffer.subarray(0, end);
    for (const pieces of this.pieces) pieces.clear();
    let at = start;
    while (at < end) {
      const newline = block.indexOf(NEWLINE, at);
      if (newline < 0 && !final) break;
      const lineEnd = newline < 0 ? end : newline;
      if (!this.readLine(block, at, lineEnd, counts)) {
        if (this.mustWait(block, at, final)) {
          // It comes again.
          counts.results[RESULT.partial]--;
          break;
        }
      }
      at = lineEnd + 1;
    }
    const used = Math.min(at, end);
    if (used > start) countUnclean(block.subarray(start, used), counts.unclean);
    return used - start;
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
      this.classify(block, start, unwrapper.end, counts);
      return true;
    }
    const pieces = this.pieces[unwrapper.stream];
    if (unwrapper.partial) {
      counts.results[RESULT.partial]++;
      return !pieces.add(unwrapper.buffer, unwrapper.start, unwrapper.end);
    }
    if (pieces.length === 0) {
      this.classify(unwrapper.buffer, unwrapper.start, unwrapper.end, counts);
      return true;
    }
    pieces.add(unwrapper.buffer, unwrapper.start, unwrapper.end);
    this.classify(pieces.buffer, 0, pieces.length, counts);
    pieces.clear();
    return true;
  }

  private classify(buffer: Buffer, start: number, end: number, counts: LogCounts): void {
    if (this.line.read(buffer, start, end)) counts.count(this.line, buffer, end - start);
    else counts.results[RESULT.foreign]++;
  }

  /** After a first piece: true when its rest is not in the block but may still come. */
  private mustWait(block: Buffer, at: number, final: boolean): boolean {
    const stream = this.unwrapper.stream;
    if (final || block.length - at >= FARTHEST_REST_BYTES || this.restIsHere(block, at, stream)) return false;
    this.pieces[stream].clear();
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
