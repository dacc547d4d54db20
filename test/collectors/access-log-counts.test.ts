import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WatchedCounts } from '../../src/collectors/access-log-counts.ts';
import type { AccessFailure } from '../../src/collectors/access-log-failures.ts';
import { AccessLogReader } from '../../src/parse/access-log/access-log-reader.ts';
import { TimeBuckets } from '../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../src/parse/interner.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import { eachLine, formatOf } from '../support/access-lines.ts';

const LIMITS = '$limit_req_status $limit_conn_status';
const FORMATS = [
  '$status $request_time "$upstream_addr" "$upstream_status"',
  `$status $request_time "$upstream_addr" "$upstream_status" ${LIMITS}`,
  '$status $request_time "$upstream_addr" "$upstream_status" $limit_req_status',
  '$status $request_time "$upstream_addr" "$upstream_status" $limit_conn_status',
];
const watched = () => new WatchedCounts(new Interner(10), new TimeBuckets([1]));

function failuresOf(counts: WatchedCounts): AccessFailure[] {
  const found: AccessFailure[] = [];
  counts.failures.drain((failure) => void found.push(failure));
  return found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Every status with every answer, refused and not. */
function linesOf(format: string): string[] {
  const limits = { [LIMITS]: ['PASSED PASSED', '- REJECTED', 'REJECTED -'] }[format.slice(-LIMITS.length)];
  const single = format.endsWith('_status') ? [' PASSED', ' REJECTED'] : [''];
  return Array.from({ length: 500 }, (_, i) => 100 + i).flatMap((status) =>
    ['-', '200', '404', '429', '499', '500', '502', '504', '101'].flatMap((answer) =>
      (limits?.map((text) => ` ${text}`) ?? single).flatMap((text) =>
        ['10.0.0.1:80', '-'].map((peer) => `${status} 0.001 "${peer}" "${answer}"${text}`),
      ),
    ),
  );
}

describe('WatchedCounts', () => {
  for (const format of FORMATS) {
    it(`sees no other failures in whole blocks than line by line: ${format}`, () => {
      const lines = linesOf(format);
      const [blocks, single] = [watched(), watched()];
      const reader = new AccessLogReader(formatOf(format));
      const buffer = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      // Peers are known the second time.
      for (let turn = 0; turn < 2; turn++) {
        reader.read(buffer, 0, buffer.length, true, blocks, { wrapping: 'none', stream: STREAM.none });
        eachLine(format, lines, (line, text) => single.count(line, text as Buffer));
      }
      const expected = failuresOf(single);
      assert.ok(expected.length >= 10);
      assert.deepEqual(failuresOf(blocks), expected);
      assert.deepEqual(blocks.results, single.results);
    });
  }
});
