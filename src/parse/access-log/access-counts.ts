import { METHODS } from '../../contract/traffic.ts';
import type { Interner } from '../interner.ts';
import { ORDINARY } from './access-layout.ts';
import type { AccessLine } from './access-line.ts';
import { ACCESS_RESULT, ACCESS_RESULTS } from './access-results.ts';
import { CONNECT, NONE, RESPONSE } from './attempts.ts';
import { CODES, codeIndex } from './codes.ts';
import { NO_ANSWER, type OrdinaryLines } from './ordinary-lines.ts';
import { PeerRows } from './peer-rows.ts';
import type { TimeBuckets } from './time-buckets.ts';

/** Rows of peers that have none of their own. */
export const NO_PEER = 0;
export const OVERFLOW_PEER = 1;
const FIRST_PEER = 2;

/** What opening the connection of an attempt took: at least a millisecond; less, or it was open already; nobody says. */
export const CONNECTS = ['waited', 'at_once', 'unknown'] as const;
const [WAITED, AT_ONCE, UNKNOWN] = CONNECTS.keys();

const SWITCHING_PROTOCOLS = 101;
const [, STATUS, TIME, ANSWER, ANSWERED_IN, CONNECTED_IN] = ORDINARY.keys();

/** What was counted since the last time. A peer is a row for `AccessCounts.peerName`, a code is one of CODES; sums are milliseconds. */
export interface AccessVisitor {
  /** `peer`: who was asked last. */
  requests(peer: number, code: number, count: number): void;
  /** Requests by `$request_time`; `counts` by bucket, not cumulative, valid during the call. */
  durations(counts: Uint32Array, sumMs: number): void;
  attempts(peer: number, code: number, count: number): void;
  /** Attempts by `$upstream_response_time`; likewise. */
  upstreamDurations(peer: number, counts: Uint32Array, sumMs: number): void;
  /** Attempts that were not the first one of their request; `method` is one of METHODS. */
  retries(peer: number, method: number, count: number): void;
  /** `connect` is one of CONNECTS. */
  connects(peer: number, connect: number, count: number): void;
}

/** What another thread has counted of one gateway, as a message carries it. */
export interface PackedCounts {
  readonly results: Float64Array;
  readonly bytes: { readonly sent: number; readonly body: number; readonly received: number };
  readonly upgrades: number;
  readonly overflows: number;
  readonly rows: readonly PackedRow[];
  readonly durations: Uint32Array;
  readonly durationSum: number;
}

/** A row of PeerRows. `peer`: NO_PEER, OVERFLOW_PEER, or another number of the thread's own, which says nothing: `name` does. */
interface PackedRow {
  readonly peer: number;
  readonly name: string;
  readonly cells: Uint32Array;
  readonly sumMs: number;
}

/** Counters of one gateway's access log since they were last drained, in typed arrays: some additions a line. */
export class AccessCounts {
  readonly results = new Float64Array(ACCESS_RESULTS.length);
  /** Sums since the beginning. `sent` has headers, `body` has not; 0 what the format does not tell. */
  readonly bytes = { sent: 0, body: 0, received: 0 };
  /** Requests that ended with 101. */
  upgrades = 0;
  /** Attempts at peers beyond the limit; they are in OVERFLOW_PEER. */
  overflows = 0;
  readonly peers: Interner;
  readonly #buckets: TimeBuckets;
  readonly #rows: PeerRows;
  /** Where requests, attempts, durations, retries and connects begin in a row. */
  readonly #attemptsAt: number;
  readonly #durationsAt: number;
  readonly #retriesAt: number;
  readonly #connectsAt: number;
  readonly #durations: Uint32Array;
  #durationSum = 0;
  /** Of the last attempt that `count` has counted. */
  #lastPeer = NO_PEER;

  /** `peers` may be shared by several gateways. */
  constructor(peers: Interner, buckets: TimeBuckets) {
    this.peers = peers;
    this.#buckets = buckets;
    this.#rows = new PeerRows([CODES.length, CODES.length, buckets.count, METHODS.length, CONNECTS.length]);
    [, this.#attemptsAt, this.#durationsAt, this.#retriesAt, this.#connectsAt] = this.#rows.starts;
    this.#durations = new Uint32Array(buckets.count);
  }

  /** Counts the request that `line` has just read from `buffer`. */
  count(line: AccessLine, buffer: Uint8Array): void {
    const { status, requestTime } = line;
    this.results[ACCESS_RESULT.request]++;
    const row = line.attempts.count === 0 ? this.#rows.rowOf(NO_PEER) : this.#countAttempts(line, buffer);
    this.#rows.cells[row + 1 + codeIndex(status)]++;
    if (status === SWITCHING_PROTOCOLS) this.upgrades++;
    else if (requestTime >= 0) {
      this.#durations[this.#buckets.of(requestTime)]++;
      this.#durationSum += requestTime;
    }
    if (line.bytesSent > 0) this.bytes.sent += line.bytesSent;
    if (line.bodyBytesSent > 0) this.bytes.body += line.bodyBytesSent;
    if (line.requestLength > 0) this.bytes.received += line.requestLength;
  }

  /** Counts the ordinary lines read last; the numbers of their peers are those of `peerOf`. */
  countOrdinary(ordinary: OrdinaryLines, hasConnectTime: boolean): void {
    const { lines, count, sums } = ordinary;
    this.results[ACCESS_RESULT.request] += count;
    for (let at = 0; at < count * ORDINARY.length; at += ORDINARY.length) {
      const row = this.#rows.rowOf(lines[at]);
      const { cells } = this.#rows;
      cells[row + 1 + codeIndex(lines[at + STATUS])]++;
      const time = lines[at + TIME];
      if (time >= 0) {
        this.#durations[this.#buckets.of(time)]++;
        this.#durationSum += time;
      }
      const answer = lines[at + ANSWER];
      if (answer === NO_ANSWER) continue;
      cells[row + this.#attemptsAt + codeIndex(answer)]++;
      const response = lines[at + ANSWERED_IN];
      if (response >= 0) {
        cells[row + this.#durationsAt + this.#buckets.of(response)]++;
        this.#rows.sums[lines[at]] += response;
      }
      if (hasConnectTime) cells[row + this.#connectsAt + connectOf(lines[at + CONNECTED_IN])]++;
    }
    this.bytes.sent += sums[0];
    this.bytes.body += sums[1];
    this.bytes.received += sums[2];
  }

  /** Number of the only attempt's peer of `line`, which was counted last; 0: it has none of its own. */
  peerOf(line: AccessLine): number {
    return line.attempts.count === 1 && this.#lastPeer >= FIRST_PEER ? this.#lastPeer : NO_PEER;
  }

  /** `host:port`, a socket's path with `unix:`, or a block's name; '' for NO_PEER and OVERFLOW_PEER. */
  peerName(peer: number): string {
    return peer < FIRST_PEER ? '' : this.peers.names[peer - FIRST_PEER + 1];
  }

  drain(visitor: AccessVisitor): void {
    this.#rows.drain((peer, [requests, attempts, durations, retries, connects], sumMs) => {
      visitCells(requests, (code, count) => visitor.requests(peer, code, count));
      visitCells(attempts, (code, count) => visitor.attempts(peer, code, count));
      if (durations.some((count) => count > 0)) visitor.upstreamDurations(peer, durations, sumMs);
      visitCells(retries, (method, count) => visitor.retries(peer, method, count));
      visitCells(connects, (connect, count) => visitor.connects(peer, connect, count));
    });
    if (this.#durations.some((count) => count > 0)) visitor.durations(this.#durations, this.#durationSum);
    this.#durations.fill(0);
    this.#durationSum = 0;
  }

  /** All that was counted, for `add` in another thread; starts again at zero. */
  pack(): PackedCounts {
    const rows: PackedRow[] = [];
    this.#rows.drainRows((peer, row, sumMs) => {
      rows.push({ peer, name: this.peerName(peer), cells: row.slice(), sumMs });
    });
    const { bytes, upgrades, overflows } = this;
    const packed = {
      ...{ results: this.results.slice(), bytes: { ...bytes }, upgrades, overflows, rows },
      ...{ durations: this.#durations.slice(), durationSum: this.#durationSum },
    };
    this.results.fill(0);
    Object.assign(bytes, { sent: 0, body: 0, received: 0 });
    [this.upgrades, this.overflows] = [0, 0];
    this.#durations.fill(0);
    this.#durationSum = 0;
    return packed;
  }

  /** Adds what another thread has packed, with the same buckets. */
  add({ results, bytes, upgrades, overflows, rows, durations, durationSum }: PackedCounts): void {
    for (let i = 0; i < results.length; i++) this.results[i] += results[i];
    this.bytes.sent += bytes.sent;
    this.bytes.body += bytes.body;
    this.bytes.received += bytes.received;
    this.upgrades += upgrades;
    this.overflows += overflows;
    for (const { peer, name, cells, sumMs } of rows) {
      const key = Buffer.from(name, 'latin1');
      this.#rows.add(peer < FIRST_PEER ? peer : this.#peerOf(key, 0, key.length), cells, sumMs);
    }
    for (let i = 0; i < durations.length; i++) this.#durations[i] += durations[i];
    this.#durationSum += durationSum;
  }

  /** Returns the row of the last attempt. */
  #countAttempts(line: AccessLine, buffer: Uint8Array): number {
    const { attempts } = line;
    const { count, statuses, times, redirected } = attempts;
    let row = 0;
    for (let i = 0; i < count; i++) {
      const peer = this.#peerOf(buffer, attempts.starts[i], attempts.ends[i]);
      this.#lastPeer = peer;
      row = this.#rows.rowOf(peer);
      const { cells, sums } = this.#rows;
      cells[row + this.#attemptsAt + codeIndex(statuses[i])]++;
      const response = times[RESPONSE][i];
      if (response >= 0 && statuses[i] !== SWITCHING_PROTOCOLS) {
        cells[row + this.#durationsAt + this.#buckets.of(response)]++;
        sums[peer] += response;
      }
      if (line.hasConnectTime) cells[row + this.#connectsAt + connectOf(times[CONNECT][i])]++;
      if (i > 0 && redirected[i] === 0) cells[row + this.#retriesAt + line.method(buffer)]++;
    }
    return row;
  }

  #peerOf(buffer: Uint8Array, start: number, end: number): number {
    if (start === end) return NO_PEER;
    const id = this.peers.idOf(buffer, start, end);
    if (id !== 0) return id - 1 + FIRST_PEER;
    this.overflows++;
    return OVERFLOW_PEER;
  }
}

function visitCells(cells: Uint32Array, visit: (column: number, count: number) => void): void {
  cells.forEach((count, column) => {
    if (count > 0) visit(column, count);
  });
}

function connectOf(ms: number): number {
  if (ms === NONE) return UNKNOWN;
  return ms > 0 ? WAITED : AT_ONCE;
}
