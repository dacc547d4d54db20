import { closeSync, openSync, readSync } from 'node:fs';
import { SYMPTOMS } from '../../../src/contract/names.ts';
import { NginxErrorLine } from '../../../src/parse/nginx-error.ts';
import { type Answer, add, addFailure } from '../corpus/truth.ts';

/**
 * Our whole process for the error-log bench: file → counters, printed as one JSON answer.
 * node errorlog.ts FILE [cri]
 */
const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 10;

type LineReader = (buffer: Buffer, start: number, end: number) => void;

/** Hands every line to `read`, reading blocks and carrying an unfinished line to the next. */
function forEachLine(path: string, read: LineReader): number {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES * 2);
  let [kept, lines] = [0, 0];
  for (let size = readSync(file, buffer, 0, BLOCK_BYTES, null); size > 0; ) {
    const block = buffer.subarray(0, kept + size);
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, start)) {
      read(block, start, end);
      lines++;
      start = end + 1;
    }
    kept = block.copy(buffer, 0, start);
    size = readSync(file, buffer, kept, BLOCK_BYTES, null);
  }
  closeSync(file);
  return lines;
}

/** Counts in a typed array by interned upstream; the strings are made once per upstream. */
class Counters {
  private readonly line = new NginxErrorLine();
  private readonly slots = new Map<string, number>([['', 0]]);
  private counts = new Uint32Array(1024 * SYMPTOMS.length);
  private readonly symptoms = new Uint32Array(SYMPTOMS.length);

  read(buffer: Buffer, start: number, end: number): void {
    const { line } = this;
    if (!line.read(buffer, start, end) || line.symptom < 0) return;
    this.symptoms[line.symptom]++;
    if (!line.failure) return;
    const { peerStart, peerEnd } = line.upstream;
    const peer = line.hasUpstream ? buffer.toString('latin1', peerStart, peerEnd) : '';
    this.counts[this.slot(peer) * SYMPTOMS.length + line.symptom]++;
  }

  answer(lines: number): Answer & { lines: number } {
    const answer = { lines, symptoms: {}, failures: 0, upstreams: {}, unknown_upstream: {} };
    for (const [i, amount] of this.symptoms.entries()) if (amount > 0) add(answer.symptoms, SYMPTOMS[i], amount);
    for (const [peer, slot] of this.slots) {
      SYMPTOMS.forEach((symptom, i) => {
        const amount = this.counts[slot * SYMPTOMS.length + i];
        if (amount === 0) return;
        answer.failures += amount;
        addFailure(answer, peer === '' ? null : peer, [symptom, amount]);
      });
    }
    return answer;
  }

  private slot(peer: string): number {
    const known = this.slots.get(peer);
    if (known !== undefined) return known;
    this.slots.set(peer, this.slots.size);
    return this.slots.size - 1;
  }
}

/**
 * COORDINATOR: put the collector's own pipeline (src/collectors/nginx-error-log.ts, with its CRI reader and its interned
 * upstreams) in place of Counters; until then this counts around the parser, and CRI is not read.
 */
function runOurs(path: string, format: string): Answer & { lines: number } {
  if (format === 'cri') throw new Error('the CRI reader is not wired into this driver yet');
  const counters = new Counters();
  const lines = forEachLine(path, (buffer, start, end) => counters.read(buffer, start, end));
  return counters.answer(lines);
}

console.log(JSON.stringify(runOurs(process.argv[2], process.argv[3] ?? 'plain')));
