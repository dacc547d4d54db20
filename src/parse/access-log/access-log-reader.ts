import { BlockIndex, type LineMarks } from '../block-index.ts';
import { BLOCK_BYTES } from '../block-layout.ts';
import { LineBlocks, type Wrapping } from '../line-blocks.ts';
import { type LogCounts, RESULT } from '../log-counts.ts';
import { STREAM } from '../log-prefix.ts';
import { hasTime } from '../nginx-prefix.ts';
import { UsualErrorLine } from '../nginx-usual.ts';
import type { AccessCounts } from './access-counts.ts';
import type { AccessFormat } from './access-format.ts';
import { AccessLine } from './access-line.ts';
import { ACCESS_RESULT } from './access-results.ts';
import { FITS, LINE_FITS } from './line-program.ts';
import type { OrdinaryLines } from './ordinary-lines.ts';

/** Longer lines are counted and not read. nginx takes 32 KiB of headers by default, and escapes a byte by four. */
export const LONGEST_ACCESS_LINE_BYTES = BLOCK_BYTES;

/** Result by FITS; that of a line that fits is not used. */
const RESULT_OF = LINE_FITS.map((name) => (name === 'fits' ? ACCESS_RESULT.request : ACCESS_RESULT[name]));

export interface AccessSource {
  readonly wrapping: Exclude<Wrapping, 'any'>;
  /** Of a container: where its access log is; STREAM.none: anywhere. The other stream is no access log, whatever it looks like. */
  readonly stream: number;
  /** The error log is in the same file: its lines are counted here. Where both are in one stream, see the format's `mayLookLikeError`. */
  readonly errors?: LogCounts;
}

/** Turns blocks of access logs of one format into counts. It keeps no state between blocks. */
export class AccessLogReader extends LineBlocks {
  readonly format: AccessFormat;
  readonly #line: AccessLine;
  /** Null: every line must be looked at by itself. */
  #ordinary: OrdinaryLines | null = null;
  #errorLine: UsualErrorLine | undefined;
  #counts!: AccessCounts;
  #source!: AccessSource;

  constructor(format: AccessFormat) {
    super(LONGEST_ACCESS_LINE_BYTES, new BlockIndex(true));
    this.format = format;
    this.#line = new AccessLine(format, this.index);
  }

  /**
   * Reads the whole lines of [start, end) into `counts` and returns how many bytes that were. `final`: an unterminated
   * last line is a line. A line that the runtime has split and whose rest is not here yet stays unread with all after it.
   */
  read(buffer: Buffer, start: number, end: number, final: boolean, counts: AccessCounts, source: AccessSource): number {
    if (start === end) return 0;
    this.#counts = counts;
    this.#source = source;
    this.#ordinary = this.#isOrdinary(source) ? this.#line.ordinary : null;
    this.#ordinary?.peers.nameBy(counts.peers);
    return this.readBlock(buffer, start, end, final, source.wrapping);
  }

  protected override take(buffer: Buffer, start: number, end: number, stream: number, marks?: LineMarks): void {
    const source = this.#source;
    if (source.stream !== STREAM.none && stream !== source.stream) {
      this.#countOther(buffer, start, end, ACCESS_RESULT.other_stream, marks);
      return;
    }
    const counts = this.#counts;
    if (this.format.mayLookLikeError && source.errors !== undefined && hasTime(buffer, start, end)) {
      counts.results[ACCESS_RESULT.ambiguous]++;
      return;
    }
    const fits = this.#line.read(buffer, start, end, marks);
    if (fits === FITS.fits) this.#count(buffer);
    else if (hasTime(buffer, start, end)) this.#countOther(buffer, start, end, ACCESS_RESULT.error_line, marks);
    else counts.results[RESULT_OF[fits]]++;
  }

  protected override get takesMany(): boolean {
    return this.#ordinary !== null;
  }

  protected override takeMany(line: number): number {
    const next = this.#ordinary!.read(line);
    this.#counts.countOrdinary(this.#ordinary!, this.#line.hasConnectTime);
    return next;
  }

  protected override get left(): Uint32Array {
    return this.#ordinary!.others.subarray(0, this.#ordinary!.otherCount);
  }

  protected override skipLong(): void {
    this.#counts.results[ACCESS_RESULT.too_long]++;
  }

  protected override countPiece(change: 1 | -1): void {
    this.#counts.results[ACCESS_RESULT.partial] += change;
  }

  protected override skipUnwrapped(): void {
    this.#counts.results[ACCESS_RESULT.unwrapped]++;
  }

  /** What is odd is in values, which nobody reads. */
  protected override lookAtOdd(): void {}

  /** Nothing is around the lines, and none may be of somebody else. */
  #isOrdinary({ wrapping, stream, errors }: AccessSource): boolean {
    return wrapping === 'none' && stream === STREAM.none && !(this.format.mayLookLikeError && errors !== undefined);
  }

  #count(buffer: Buffer): void {
    const [counts, line] = [this.#counts, this.#line];
    counts.count(line, buffer);
    if (this.#ordinary === null) return;
    const peer = counts.peerOf(line);
    if (peer !== 0) this.#ordinary.peers.learn(line.attempts.starts[0], line.attempts.ends[0], peer);
  }

  /** Of the error log, or of nobody. */
  #countOther(buffer: Buffer, start: number, end: number, result: number, marks?: LineMarks): void {
    this.#counts.results[result]++;
    const { errors } = this.#source;
    if (errors === undefined) return;
    this.#errorLine ??= new UsualErrorLine();
    if (this.#errorLine.read(buffer, start, end, marks)) errors.count(this.#errorLine, buffer, end - start);
    else errors.results[RESULT.foreign]++;
  }
}
