import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AccessCounts } from '../../../src/parse/access-log/access-counts.ts';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { AccessLine } from '../../../src/parse/access-log/access-line.ts';
import { ACCESS_RESULT } from '../../../src/parse/access-log/access-results.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { TimeBuckets } from '../../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../../src/parse/interner.ts';
import { drained } from './drained.ts';

const FORMAT =
  '$request_method $status $request_time $request_length $bytes_sent "$upstream_addr" "$upstream_status" "$upstream_connect_time" "$upstream_response_time"';

function counter(limit = 10) {
  const format = compileAccessFormat(FORMAT);
  if (isProblem(format)) assert.fail(format.reason);
  const line = new AccessLine(format);
  const counts = new AccessCounts(new Interner(limit), new TimeBuckets([0.1, 1]));
  const count = (text: string) => {
    const buffer = Buffer.from(text);
    assert.equal(line.read(buffer, 0, buffer.length), 0, text);
    counts.count(line, buffer);
  };
  return { counts, count, line };
}

describe('AccessCounts', () => {
  it('counts requests by the peer asked last, and each attempt', () => {
    const { counts, count } = counter();
    count('GET 200 0.100 10 20 "a:1" "200" "0.002" "0.050"');
    count('POST 200 1.500 10 20 "a:1, b:1" "502, 200" "-, 0.000" "0.000, 1.500"');
    count('GET 204 0.000 1 2 "-" "-" "-" "-"');
    assert.deepEqual(drained(counts), {
      'request a:1 200': 1,
      'request b:1 200': 1,
      'request none 204': 1,
      durations: [2, 0, 1, 1600],
      'attempt a:1 200': 1,
      'attempt a:1 502': 1,
      'attempt b:1 200': 1,
      'durations a:1': [2, 0, 0, 50],
      'durations b:1': [0, 0, 1, 1500],
      'retry b:1 POST': 1,
      'connect a:1 waited': 1,
      'connect a:1 unknown': 1,
      'connect b:1 at_once': 1,
    });
    assert.equal(counts.results[ACCESS_RESULT.request], 3);
    assert.deepEqual(counts.bytes, { sent: 42, body: 0, received: 21 });
    assert.deepEqual(drained(counts), {});
  });

  it('knows the only peer of the line counted last, where it has a number of its own', () => {
    const { counts, count, line } = counter(2);
    const peerOf = (text: string) => {
      count(text);
      return counts.peerOf(line);
    };
    const first = peerOf('GET 200 0.100 10 20 "a:1" "200" "0.002" "0.050"');
    assert.equal(counts.peerName(first), 'a:1');
    assert.equal(peerOf('GET 200 0.100 10 20 "a:1, b:1" "502, 200" "-, 0.000" "0.000, 0.500"'), 0);
    assert.equal(counts.peerName(peerOf('GET 200 0.100 10 20 "b:1" "200" "0.002" "0.050"')), 'b:1');
    assert.equal(peerOf('GET 200 0.100 10 20 "c:1" "200" "0.002" "0.050"'), 0, 'there is no room');
    assert.equal(peerOf('GET 200 0.100 10 20 "a:1" "200" "0.002" "0.050"'), first);
    assert.equal(peerOf('GET 200 0.100 10 20 "-" "-" "-" "-"'), 0);
    assert.equal(peerOf('GET 502 0.100 10 20 "" "502" "-" "-"'), 0, 'nobody knows whom it has asked');
  });

  it('counts an internal redirect as no retry', () => {
    const { counts, count } = counter();
    count('GET 200 0.001 1 2 "a:1 : b:1" "200 : 200" "0.001 : 0.001" "0.001 : 0.001"');
    assert.deepEqual(
      Object.keys(drained(counts)).filter((key) => key.startsWith('retry')),
      [],
    );
  });

  it('leaves upgraded connections out of the durations', () => {
    const { counts, count } = counter();
    count('GET 101 3600.000 1 2 "a:1" "101" "0.001" "3600.000"');
    assert.equal(counts.upgrades, 1);
    const { durations, 'durations a:1': upstream } = drained(counts);
    assert.deepEqual([durations, upstream], [undefined, undefined]);
  });

  it('puts peers beyond the limit together', () => {
    const { counts, count } = counter(1);
    for (const peer of ['a:1', 'b:1', 'c:1']) count(`GET 200 0.001 1 2 "${peer}" "200" "0.001" "0.001"`);
    assert.equal(drained(counts)['attempt overflow 200'], 2);
    assert.equal(counts.overflows, 2);
  });

  it('what another thread has counted is added, its peers by their names and those beyond the limit together', () => {
    const [here, there] = [counter(2), counter(3)];
    here.count('GET 200 0.001 1 2 "a:1" "200" "0.001" "0.001"');
    for (const peer of ['b:1', 'a:1', 'c:1', 'd:1']) there.count(`GET 404 0.200 10 20 "${peer}" "404" "0.001" "0.150"`);
    there.count('GET 101 3600.000 1 2 "-" "-" "-" "-"');
    here.counts.add(there.counts.pack());
    const sums = drained(here.counts);
    assert.deepEqual(
      Object.fromEntries(Object.entries(sums).filter(([key]) => /^(?:attempt|request|durations)/.test(key))),
      {
        ...{ 'attempt a:1 200': 1, 'attempt a:1 404': 1, 'attempt b:1 404': 1, 'attempt overflow 404': 2 },
        ...{ 'request a:1 200': 1, 'request a:1 404': 1, 'request b:1 404': 1, 'request overflow 404': 2 },
        ...{ 'request none 101': 1, durations: [1, 4, 0, 801] },
        ...{ 'durations a:1': [1, 1, 0, 151], 'durations b:1': [0, 1, 0, 150], 'durations overflow': [0, 2, 0, 300] },
      },
    );
    assert.deepEqual([here.counts.upgrades, here.counts.bytes], [1, { sent: 84, body: 0, received: 42 }]);
    assert.equal(here.counts.results[ACCESS_RESULT.request], 6);
    assert.deepEqual(drained(there.counts), {});
    assert.equal(there.counts.results[ACCESS_RESULT.request] + there.counts.bytes.sent + there.counts.upgrades, 0);
  });
});
