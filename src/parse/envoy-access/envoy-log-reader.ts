import { BLOCK_BYTES } from '../block-layout.ts';
import { LineBlocks, type Wrapping } from '../line-blocks.ts';
import type { EnvoyAccessCounts } from './access-counts.ts';
import type { AccessFailures } from './access-failures.ts';
import { EnvoyAccessLine } from './access-line.ts';
import { AccessVerdict } from './access-verdict.ts';
import type { EnvoyLineReader } from './envoy-format.ts';
import { ENVOY_RESULT } from './text-reader.ts';

/**
 * What became of a line: `request`; `session` (of a TCP proxy, it has no answer); `ambiguous` (a request of which nothing is known but that
 * there was one: a client or a backend wrote what looks like a part of the line); `foreign` (not of this format); `too_long`; `partial` (a
 * piece of a line that the container runtime split); `unwrapped` (among a runtime's lines one that it has not written).
 */
export const ENVOY_LINE_RESULTS = [
  'request',
  'session',
  'ambiguous',
  'foreign',
  'too_long',
  'partial',
  'unwrapped',
] as const;
export type EnvoyLineResult = (typeof ENVOY_LINE_RESULTS)[number];
const RESULT = Object.fromEntries(ENVOY_LINE_RESULTS.map((name, index) => [name, index])) as Readonly<
  Record<EnvoyLineResult, number>
>;

/** Where lines that are too long to be read are counted. */
export const LONG_LINE = RESULT.too_long;

/** Longer lines are counted and not read. */
export const LONGEST_ENVOY_LINE_BYTES = BLOCK_BYTES;

/** What is counted of one gateway. */
export interface EnvoyAccount {
  /** By ENVOY_LINE_RESULTS. */
  readonly results: Float64Array;
  readonly counts: EnvoyAccessCounts;
  readonly failures: AccessFailures;
}

export function newResults(): Float64Array {
  return new Float64Array(ENVOY_LINE_RESULTS.length);
}

/** Turns blocks of Envoy's access logs into counts and failures. It keeps no state between blocks. */
export class EnvoyLogReader extends LineBlocks {
  readonly #line = new EnvoyAccessLine();
  readonly #verdict = new AccessVerdict();
  #account!: EnvoyAccount;
  #formatOf: FormatOf = () => null;

  constructor() {
    super(LONGEST_ENVOY_LINE_BYTES);
  }

  /**
   * Reads the whole lines of [start, end) and returns how many bytes that were. `final`: an unterminated last line is a
   * line. A line that the runtime has split and whose rest is not here yet stays unread with all after it.
   */
  read(block: EnvoyBlock, account: EnvoyAccount): number {
    const { buffer, start, end, final, wrapping, formatOf } = block;
    if (start === end) return 0;
    this.#account = account;
    this.#formatOf = formatOf;
    return this.readBlock(buffer, start, end, final, wrapping);
  }

  protected override take(buffer: Buffer, start: number, end: number): void {
    const { results, counts, failures } = this.#account;
    const line = this.#line;
    const result = this.#formatOf(buffer, start, end)?.read(buffer, start, end, line) ?? ENVOY_RESULT.foreign;
    if (result === ENVOY_RESULT.foreign) {
      results[RESULT.foreign]++;
      return;
    }
    if (result === ENVOY_RESULT.ambiguous) {
      results[RESULT.ambiguous]++;
      counts.countUnread();
      return;
    }
    const isSession = line.code === 0 && line.isNone('method') && line.isNone('protocol');
    results[isSession ? RESULT.session : RESULT.request]++;
    const asked = isSession ? counts.upstreams.of(line) : counts.count(line);
    this.#verdict.judge(line);
    if (this.#verdict.symptom >= 0) failures.add(line, this.#verdict, asked);
  }

  protected override skipLong(): void {
    this.#account.results[RESULT.too_long]++;
  }

  protected override countPiece(change: 1 | -1): void {
    this.#account.results[RESULT.partial] += change;
  }

  protected override skipUnwrapped(): void {
    this.#account.results[RESULT.unwrapped]++;
  }

  /** What is odd is in values that nobody reads. */
  protected override lookAtOdd(): void {}
}

/** The format of a line: a closure that finds it out, or always the same. Null: none is known. */
export type FormatOf = (buffer: Buffer, start: number, end: number) => EnvoyLineReader | null;

export interface EnvoyBlock {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly final: boolean;
  readonly wrapping: Exclude<Wrapping, 'any'>;
  readonly formatOf: FormatOf;
}
