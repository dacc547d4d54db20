import type { PeerAddress } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';
import { NEWLINE } from './bytes.ts';
import { LineUnwrapper } from './log-prefix.ts';
import { redactedLine } from './redacted-line.ts';

/** The end of a block that is looked at. */
const TAIL_BYTES = 32_768;
/** nginx writes at most 2048 bytes; a wrapped line with escapes is longer. */
const LONGEST_LINE_BYTES = 4096;
const MOST_SAMPLES = 8;
/** So many more after each flush: while failures go on, one in a while says as much as eight a second. */
const REFILL = 2;
/** Where so many failed that some had no room: at 50 lines a second, two a second were 4 % of all CPU. */
const CROWDED_REFILL = 0.25;
/** Error lines that are read for them; beyond, a busy log would pay for each line twice. */
const MOST_READ = 64;
/** Lines of any kind. */
const MOST_LOOKED_AT = 1024;

let shared: LineUnwrapper | undefined;

/** Log lines of a gateway since the last flush, one for a (symptom, peer), redacted: a few of the latest, never all. */
export class LogSamples {
  readonly #samples = new Map<string, string>();
  /** Whole ones count. */
  #room = MOST_SAMPLES;
  #isCrowded = false;
  #read = 0;
  #lookedAt = 0;

  /** The whole lines [start, end) have been counted, and some of them are failures. */
  look(buffer: Buffer, start: number, end: number): void {
    const from = Math.max(start, end - TAIL_BYTES);
    let lineEnd = buffer[end - 1] === NEWLINE ? end - 1 : end;
    while (lineEnd > from) {
      this.#isCrowded = this.#samples.size + 1 > this.#room;
      if (this.#isCrowded || this.#read >= MOST_READ || this.#lookedAt >= MOST_LOOKED_AT) return;
      const newline = buffer.lastIndexOf(NEWLINE, lineEnd - 1);
      // Without its beginning it is no line.
      if (newline < from && from > start) return;
      const lineStart = Math.max(newline + 1, start);
      this.#take(buffer, lineStart, lineEnd);
      lineEnd = lineStart - 1;
    }
  }

  of(symptom: Symptom, peer: PeerAddress | null): string | undefined {
    return this.#samples.get(keyOf(symptom, peer));
  }

  clear(): void {
    const refill = this.#isCrowded ? CROWDED_REFILL : REFILL;
    this.#room = Math.min(MOST_SAMPLES, this.#room - this.#samples.size + refill);
    this.#isCrowded = false;
    this.#samples.clear();
    this.#read = 0;
    this.#lookedAt = 0;
  }

  #take(buffer: Buffer, start: number, end: number): void {
    this.#lookedAt++;
    if (end - start > LONGEST_LINE_BYTES || end <= start) return;
    // One for all gateways, and none where nothing fails: it has a buffer of its own.
    shared ??= new LineUnwrapper();
    const unwrapper = shared;
    unwrapper.unwrap(buffer, start, end);
    if (unwrapper.partial) return;
    const line = redactedLine(unwrapper.buffer.subarray(unwrapper.start, unwrapper.end));
    if (line === null) return;
    this.#read++;
    const key = keyOf(line.symptom, line.peer);
    if (!this.#samples.has(key)) this.#samples.set(key, line.text);
  }
}

function keyOf(symptom: Symptom, peer: PeerAddress | null): string {
  return peer === null ? symptom : `${symptom}\xff${peer.address}\xff${peer.port}`;
}
