import { FAILURE_DETAILS, type FailureDetail } from '../contract/failure.ts';
import { SYMPTOMS } from '../contract/names.ts';
import type { Interner } from './interner.ts';
import { isAnswered } from './nginx-answers.ts';
import { NginxErrorLine } from './nginx-error.ts';
import { isAfterHeader } from './nginx-phase.ts';
import { FIELD_STATES } from './nginx-upstream.ts';
import { SETTLED_MESSAGES } from './settled-messages.ts';
import { UNCLEAN } from './unclean.ts';
import type { UsualLines } from './usual-lines.ts';
import { USUAL } from './usual-lines-layout.ts';

/**
 * What became of a line: `failure` (a failed attempt), `symptom` (says something, but no failed attempt), `nothing` (an
 * nginx error line without either), `foreign` (not an nginx error line), `too_long`, `partial` (a piece of a line that the
 * container runtime split).
 */
export const LINE_RESULTS = ['failure', 'symptom', 'nothing', 'foreign', 'too_long', 'partial'] as const;
export const RESULT = Object.fromEntries(LINE_RESULTS.map((name, index) => [name, index])) as Readonly<
  Record<(typeof LINE_RESULTS)[number], number>
>;

/** Why a failure has no peer. `cut`: nginx cut the line; `overflow`: more peers than the table holds. */
export const PEERLESS = [...FIELD_STATES.slice(1), 'cut', 'overflow'] as const;
const CUT = PEERLESS.indexOf('cut');
const OVERFLOWED = PEERLESS.indexOf('overflow');
const { failure: FAILURE, symptom: SYMPTOM, nothing: NOTHING } = RESULT;
const WIDTH = SYMPTOMS.length;
const [TEXT, PEER] = USUAL.keys();
const TRUNCATED = SYMPTOMS.indexOf('truncated_response');

/** What else is known of lines that were counted together. */
export interface Counted {
  /** A failed attempt. */
  readonly failure: boolean;
  /** nginx has answered the clients itself because of it. */
  readonly answered: boolean;
  /** The upstream had answered by then, so that no access log tells of the failure. */
  readonly afterHeader: boolean;
  /** The attempt was one of a subrequest. */
  readonly subrequest: boolean;
  /** Absent: nothing beyond the symptom. */
  readonly detail?: FailureDetail;
}

/** SYMPTOMS and PHASES by index. */
export interface Failure {
  readonly symptom: number;
  readonly phase: number;
  /** Index into FAILURE_DETAILS plus one, or 0. */
  readonly detail: number;
}

export type Visit = (symptom: number, peer: number, count: number, counted: Counted) => void;

const SAID: Counted = { failure: false, answered: false, afterHeader: false, subrequest: false };
const ANSWERED: Counted = { ...SAID, answered: true };
const FAILED: Counted = { ...SAID, failure: true };
/** Kinds of failure by number: four times their detail, plus two for those of a subrequest, plus one after the header of the answer. */
const FAILURES: readonly Counted[] = [undefined, ...FAILURE_DETAILS].flatMap((detail) =>
  [false, true].flatMap((subrequest) =>
    [false, true].map((afterHeader) => ({
      ...{ ...FAILED, subrequest, afterHeader },
      ...(detail === undefined ? {} : { detail }),
    })),
  ),
);

/** Counters of one gateway's error log since they were last drained, in typed arrays: one addition a line. */
export class LogCounts {
  readonly results = new Float64Array(LINE_RESULTS.length);
  readonly peerless = new Float64Array(PEERLESS.length);
  readonly unclean = new Float64Array(UNCLEAN.length);
  readonly peers: Interner;
  private readonly others = new Float64Array(WIDTH);
  private readonly answered = new Float64Array(WIDTH);
  /** Row per peer (0: unknown), column per symptom. */
  private cells = new Uint32Array(WIDTH * 8);
  private readonly touched: number[] = [];
  /** By cell times the number of kinds, plus the kind: failures of other kinds than the first; there are few. */
  private readonly rare = new Map<number, number>();

  constructor(peers: Interner) {
    this.peers = peers;
  }

  /** Counts the line that `line` has just read from `buffer`; returns the number of the peer of a failure, or 0. */
  count(line: NginxErrorLine, buffer: Uint8Array, length: number): number {
    if (line.failure) {
      const peer = line.hasUpstream ? this.peerOf(line, buffer) : this.noPeer(line, length);
      this.countFailure(peer, line, line.upstream.isSubrequest);
      return peer;
    }
    this.countSaid(line.symptom, isAnswered(line.symptom, buffer, line.messageStart), 1);
    return 0;
  }

  /** Counts the lines read last; `meanings` by message. The numbers of their peers are those that `count` returns. */
  countUsual({ lines, count, tallies }: UsualLines, meanings: readonly Failure[]): void {
    for (let at = 0; at < count * USUAL.length; at += USUAL.length)
      this.countFailure(lines[at + PEER], meanings[lines[at + TEXT] - 1], false);
    for (let message = 0; message < SETTLED_MESSAGES.length; message++) {
      const { symptom, answered } = SETTLED_MESSAGES[message];
      this.countSaid(symptom, answered, tallies[message]);
    }
  }

  /** Reports every count since the last time and starts again at zero. */
  drain(visit: Visit): void {
    for (const cell of this.touched) {
      visit(cell % WIDTH, Math.floor(cell / WIDTH), this.cells[cell], FAILED);
      this.cells[cell] = 0;
    }
    this.touched.length = 0;
    for (const [key, count] of this.rare) {
      const cell = Math.floor(key / FAILURES.length);
      visit(cell % WIDTH, Math.floor(cell / WIDTH), count, FAILURES[key % FAILURES.length]);
    }
    this.rare.clear();
    for (let symptom = 0; symptom < WIDTH; symptom++) {
      if (this.others[symptom] > 0) visit(symptom, 0, this.others[symptom], SAID);
      if (this.answered[symptom] > 0) visit(symptom, 0, this.answered[symptom], ANSWERED);
    }
    this.others.fill(0);
    this.answered.fill(0);
  }

  private countFailure(peer: number, { symptom, phase, detail }: Failure, isSubrequest: boolean): void {
    this.results[FAILURE]++;
    const cell = peer * WIDTH + symptom;
    const isBroken = isAfterHeader(phase) || symptom === TRUNCATED;
    const kind = 4 * detail + (isSubrequest ? 2 : 0) + (isBroken ? 1 : 0);
    if (kind === 0) {
      this.touch(cell);
      return;
    }
    const key = cell * FAILURES.length + kind;
    this.rare.set(key, (this.rare.get(key) ?? 0) + 1);
  }

  /** Lines that are no failed attempt. */
  private countSaid(symptom: number, answered: boolean, count: number): void {
    this.results[symptom < 0 ? NOTHING : SYMPTOM] += count;
    if (symptom >= 0) (answered ? this.answered : this.others)[symptom] += count;
  }

  private peerOf(line: NginxErrorLine, buffer: Uint8Array): number {
    const peer = this.peers.idOf(buffer, line.upstream.peerStart, line.upstream.peerEnd);
    if (peer === 0) this.peerless[OVERFLOWED]++;
    return peer;
  }

  private noPeer(line: NginxErrorLine, length: number): number {
    this.peerless[NginxErrorLine.isCut(0, length) ? CUT : line.upstream.state - 1]++;
    return 0;
  }

  private touch(cell: number): void {
    if (cell >= this.cells.length) {
      const cells = new Uint32Array(Math.max(this.cells.length * 2, cell + WIDTH));
      cells.set(this.cells);
      this.cells = cells;
    }
    if (this.cells[cell]++ === 0) this.touched.push(cell);
  }
}
