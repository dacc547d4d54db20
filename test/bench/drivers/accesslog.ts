import { closeSync, openSync, readSync } from 'node:fs';
import { AccessCounts } from '../../../src/parse/access-log/access-counts.ts';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { AccessLogReader, type AccessSource } from '../../../src/parse/access-log/access-log-reader.ts';
import { ACCESS_RESULT } from '../../../src/parse/access-log/access-results.ts';
import { CODES } from '../../../src/parse/access-log/codes.ts';
import { isProblem, problemText } from '../../../src/parse/access-log/format-problem.ts';
import { TimeBuckets } from '../../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../../src/parse/interner.ts';
import { STREAM } from '../../../src/parse/log-prefix.ts';
import { ACCESS_FORMATS, ACCESS_LAYOUTS, type AccessLayout } from '../corpus/access-layouts.ts';
import { type AccessAnswer, BUCKETS, classOf, emptyAnswer } from '../corpus/access-truth.ts';
import { add } from '../corpus/truth.ts';

/** Our whole process for the access-log bench: file → counters by the project's own reader. node accesslog.mjs FILE [LAYOUT] */
const BLOCK_BYTES = 256 * 1024;
const PEER_LIMIT = 10_000;
const PLAIN: AccessSource = { wrapping: 'none', stream: STREAM.none };
const SOURCES: Readonly<Record<AccessLayout, AccessSource>> = {
  ...{ plain: PLAIN, json: PLAIN },
  cri: { wrapping: 'container', stream: STREAM.stdout },
};

function readFile(path: string, source: AccessSource, reader: AccessLogReader, counts: AccessCounts): void {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES * 2);
  const file = openSync(path, 'r');
  let kept = 0;
  for (;;) {
    const size = readSync(file, buffer, kept, buffer.length - kept, null);
    const end = kept + size;
    const used = reader.read(buffer, 0, end, size === 0, counts, source);
    if (size === 0) break;
    if (used === 0 && end === buffer.length) throw new Error('a line longer than the buffer');
    kept = buffer.copy(buffer, 0, used, end);
  }
  closeSync(file);
}

function runOurs(path: string, layout: AccessLayout): AccessAnswer & { lines: number } {
  const format = compileAccessFormat(ACCESS_FORMATS[layout]);
  if (isProblem(format)) throw new Error(problemText(format));
  const counts = new AccessCounts(new Interner(PEER_LIMIT), new TimeBuckets(BUCKETS));
  readFile(path, SOURCES[layout], new AccessLogReader(format), counts);
  const answer = emptyAnswer();
  answer.bytes = counts.bytes.body;
  const addAll = (to: number[], from: Uint32Array) => {
    from.forEach((n, i) => {
      to[i] += n;
    });
  };
  counts.drain({
    requests: (_, code, n) => {
      answer.requests += n;
      add(answer.codes, CODES[code], n);
    },
    durations: (buckets, sumMs) => {
      addAll(answer.duration.counts, buckets);
      answer.duration.sumMs += sumMs;
    },
    attempts: (peer, code, n) =>
      add(answer.attempts, `${counts.peerName(peer)} ${classOf(Number(CODES[code]) || 0)}`, n),
    upstreamDurations: (_, buckets, sumMs) => {
      addAll(answer.upstreamDuration.counts, buckets);
      answer.upstreamDuration.sumMs += sumMs;
    },
    retries: () => {},
    connects: () => {},
  });
  // Lines that nginx wrote to this log: a runtime makes pieces of some, and has those of the other stream.
  const others = counts.results[ACCESS_RESULT.other_stream] + counts.results[ACCESS_RESULT.partial];
  return { ...answer, lines: counts.results.reduce((sum, n) => sum + n, 0) - others };
}

const [, , path, layout = 'plain'] = process.argv;
console.log(JSON.stringify(runOurs(path, ACCESS_LAYOUTS.find((name) => name === layout)!)));
