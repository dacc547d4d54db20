import type { Observation } from '../contract/failure.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import { SYMPTOMS } from '../contract/names.ts';
import { ErrorLogReader } from '../parse/error-log-reader.ts';
import { Interner } from '../parse/interner.ts';
import { LogCounts } from '../parse/log-counts.ts';
import { LogSamples } from '../parse/log-samples.ts';
import { parsePeer } from '../parse/peer.ts';
import type { LogFile } from './diagnose-log-file.ts';

const NEWLINE = 10;
const BLOCK_BYTES = 4 * 1024 * 1024;
const SECOND_MS = 1000;
const CLOCKS_DIFFER_MS = 60_000;

/** What reads lines, one for all files: it is empty between two seconds. */
export class SecondCounter {
  readonly peers: Interner;
  readonly counts: LogCounts;
  readonly samples = new LogSamples();
  readonly reader = new ErrorLogReader();
  readonly buffer = Buffer.allocUnsafe(BLOCK_BYTES);

  constructor(peerLimit: number) {
    this.peers = new Interner(peerLimit);
    this.counts = new LogCounts(this.peers);
  }
}

export interface ReadLimits {
  /** Lines before this moment are left out. */
  readonly sinceMs: number;
  readonly nowMs: () => number;
}

/** Turns the lines of one file into observations of the second in which they were written, not of now. */
export class LogReader {
  readonly #file: LogFile;
  readonly #subject: Subject;
  readonly #limits: ReadLimits;
  readonly #counter: SecondCounter;
  /** When the line before was written; null before the first. */
  #atMs: number | null = null;
  position = 0;
  /** Lines were left out because they claim to be of the future: the zone of their times is not known. */
  isAhead = false;

  constructor(file: LogFile, subject: Subject, counter: SecondCounter, limits: ReadLimits) {
    this.#file = file;
    this.#subject = subject;
    this.#counter = counter;
    this.#limits = limits;
  }

  /** Reads one block from `position` on; false: there is nothing more for now. */
  readBlock(into: Observation[]): boolean {
    const { buffer } = this.#counter;
    const length = this.#file.read(buffer, this.position);
    const block = buffer.subarray(0, length);
    const end = block.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      // A line without an end within a whole block is none of nginx's.
      if (length === BLOCK_BYTES) this.position += length;
      return length === BLOCK_BYTES;
    }
    this.#readSeconds(block, end, into);
    this.position += end;
    return length === BLOCK_BYTES;
  }

  #readSeconds(block: Buffer, end: number, into: Observation[]): void {
    const { clock } = this.#file;
    let from = 0;
    let isSplit = false;
    for (let start = 0; start < end; ) {
      const newline = block.indexOf(NEWLINE, start);
      const atMs = clock.timeOf(block, start, newline);
      if (atMs !== null && atMs !== this.#atMs && !isSplit) {
        this.#readSecond(block, from, start, into);
        from = start;
        this.#atMs = atMs;
      }
      isSplit = clock.isPartial;
      start = newline + 1;
    }
    this.#readSecond(block, from, end, into);
  }

  /** Lines without a time belong to the line before; those before any time are of an unknown age. */
  #readSecond(block: Buffer, start: number, end: number, into: Observation[]): void {
    const atMs = this.#atMs;
    if (start === end || atMs === null || atMs + SECOND_MS <= this.#limits.sinceMs) return;
    if (atMs > this.#limits.nowMs() + CLOCKS_DIFFER_MS) {
      this.isAhead = true;
      return;
    }
    const { reader, counts, samples, peers } = this.#counter;
    reader.read(block, start, end, true, counts);
    samples.look(block, start, end);
    const untilMs = Math.max(atMs, Math.min(atMs + SECOND_MS - 1, this.#limits.nowMs()));
    counts.drain((index, peerIndex, count, { failure, detail }) => {
      const symptom = SYMPTOMS[index];
      const peer = peerIndex === 0 ? null : parsePeer(peers.names[peerIndex]);
      const sample = failure ? samples.of(symptom, peer) : undefined;
      into.push({
        ...{ proxy: 'nginx', subject: this.#subject, symptom, failure, peer, upstream: UNKNOWN_UPSTREAM, count },
        ...{ sinceMs: atMs, atMs: untilMs },
        ...(detail === undefined ? {} : { detail }),
        ...(sample === undefined ? {} : { sample }),
      });
    });
    samples.clear();
  }
}
