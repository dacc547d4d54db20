import { closeSync, openSync, readSync } from 'node:fs';
import { SYMPTOMS } from '../../../src/contract/names.ts';
import { ErrorLogReader } from '../../../src/parse/error-log-reader.ts';
import { Interner } from '../../../src/parse/interner.ts';
import { LogCounts, RESULT } from '../../../src/parse/log-counts.ts';
import { beEfficient } from '../../../src/sources/efficiency-mode.ts';
import { type Answer, add, addFailure } from '../corpus/truth.ts';

/** Our whole process for the error-log bench: file → counters by the collector's own reader. node errorlog.mjs FILE */
// As `serve` runs, also while it catches up with error logs.
beEfficient();

const BLOCK_BYTES = 256 * 1024;
const PEER_LIMIT = 10_000;

/** Reads the file in blocks; what the reader leaves unread stands before the next block. */
function readFile(path: string, counts: LogCounts): void {
  const reader = new ErrorLogReader();
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES * 2);
  const file = openSync(path, 'r');
  let kept = 0;
  for (;;) {
    const size = readSync(file, buffer, kept, buffer.length - kept, null);
    const end = kept + size;
    const used = reader.read(buffer, 0, end, size === 0, counts);
    if (size === 0) break;
    if (used === 0 && end === buffer.length) throw new Error('a line longer than the buffer');
    kept = buffer.copy(buffer, 0, used, end);
  }
  closeSync(file);
}

function runOurs(path: string): Answer & { lines: number } {
  const peers = new Interner(PEER_LIMIT);
  const counts = new LogCounts(peers);
  readFile(path, counts);
  const all = counts.results.reduce((sum, n) => sum + n, 0);
  const answer = {
    lines: all - counts.results[RESULT.partial],
    symptoms: {},
    failures: 0,
    upstreams: {},
    unknown_upstream: {},
  };
  counts.drain((symptom, peer, count, { failure }) => {
    add(answer.symptoms, SYMPTOMS[symptom], count);
    if (!failure) return;
    answer.failures += count;
    addFailure(answer, peer === 0 ? null : peers.names[peer], [SYMPTOMS[symptom], count]);
  });
  return answer;
}

console.log(JSON.stringify(runOurs(process.argv[2])));
