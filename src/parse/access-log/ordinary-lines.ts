import { KnownPeers } from '../known-peers.ts';
import { MOST_LINES, OTHERS_AT } from '../many-lines-layout.ts';
import type { AccessFormat } from './access-format.ts';
import { BYTE_SUMS, ORDINARY, ORDINARY_AT, SUMS_AT } from './access-layout.ts';
import type { QuickLine } from './quick-line.ts';

/** Stands for the status of the attempt where there was none. */
export const NO_ANSWER = -2;

/** A refused request is told by its line where the format has the limits' statuses; then any from 400 on may be one. */
const [CLIENT_ERROR, CLIENT_GONE] = [400, 499];

/**
 * Reads whole blocks of lines at once: those that are nobody's failure, with one attempt at most, at a peer that is known. They are most, and need
 * no line of JavaScript each. It never judges: the others are left to LineProgram.
 */
export class OrdinaryLines {
  /** Of the lines read last, as many numbers each as ORDINARY has names; times are milliseconds, NONE: nobody says. */
  readonly lines: Int32Array;
  /** How many of them there are. */
  count = 0;
  /** Numbers of the lines that are not ordinary. */
  readonly others: Uint32Array;
  otherCount = 0;
  /** By BYTE_SUMS, of the ordinary lines; exact below 2^53. */
  readonly sums: Float64Array;
  readonly peers: KnownPeers;
  readonly #quick: QuickLine;
  /** -1: they say nothing. */
  readonly #quotes: number;
  /** The first status that somebody looks at. */
  readonly #looked: number;

  constructor(quick: QuickLine, { quotes, fields }: AccessFormat) {
    const { buffer } = quick.index.memory;
    this.#quick = quick;
    this.peers = new KnownPeers(quick.index, quick.code);
    this.#quotes = quotes ?? -1;
    this.#looked = fields.has('limit_req_status') || fields.has('limit_conn_status') ? CLIENT_ERROR : CLIENT_GONE;
    this.lines = new Int32Array(buffer, ORDINARY_AT, MOST_LINES * ORDINARY.length);
    this.others = new Uint32Array(buffer, OTHERS_AT, MOST_LINES);
    this.sums = new Float64Array(buffer, SUMS_AT, BYTE_SUMS.length);
  }

  /** Reads the lines of the block scanned last, from number `line` on, MOST_LINES at most; returns the number of the next. */
  read(line: number): number {
    const { base, lineCount } = this.#quick.index;
    const next = Math.min(lineCount, line + MOST_LINES);
    this.sums.fill(0);
    this.count = this.#quick.code.ordinary(line, next, base, this.#quotes, this.#looked);
    this.otherCount = next - line - this.count;
    return next;
  }
}
