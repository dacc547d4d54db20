import assert from 'node:assert/strict';
import { it } from 'node:test';
import { drainTraffic } from '../../src/collectors/access-log-traffic.ts';
import { DURATION_BUCKETS } from '../../src/contract/traffic.ts';
import { AccessCounts } from '../../src/parse/access-log/access-counts.ts';
import { TimeBuckets } from '../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../src/parse/interner.ts';
import { eachLine } from '../support/access-lines.ts';

it('one entry for each upstream, in seconds, and nothing a second time', () => {
  const buckets = new TimeBuckets(DURATION_BUCKETS);
  const counts = new AccessCounts(new Interner(8), buckets);
  const format =
    '$status $request_time $request_method "$upstream_addr" "$upstream_status" "$upstream_connect_time" "$upstream_response_time"';
  const texts = [
    '200 0.500 PUT "10.0.0.1:80, unix:/run/b.sock" "502, 200" "-, 0.002" "0.400, 0.100"',
    '200 0.501 GET "unix:/run/b.sock" "200" "0.000" "0.501"',
    '302 0.000 GET "-" "-" "-" "-"',
  ];
  eachLine(format, texts, (line, buffer) => counts.count(line, buffer));
  const { upstreams, durations } = drainTraffic(counts, buckets.count);
  const all = new Map([...upstreams].map((one) => [one.peer?.address ?? one.upstream, one]));
  assert.deepEqual([...all.keys()].sort(), ['', '/run/b.sock', '10.0.0.1']);
  const socket = all.get('/run/b.sock');
  assert.deepEqual([socket?.answers, socket?.attempts], [new Map([['200', 2]]), new Map([['200', 2]])]);
  assert.deepEqual([socket?.retries, socket?.newConnections, socket?.reusedConnections], [new Map([['PUT', 1]]), 1, 0]);
  assert.ok(Math.abs((socket?.durations.sum ?? 0) - 0.601) < 1e-9);
  assert.deepEqual(all.get('10.0.0.1')?.answers, new Map());
  assert.deepEqual(all.get('')?.answers, new Map([['302', 1]]));
  const bucketOf = (bound: number) => (DURATION_BUCKETS as readonly number[]).indexOf(bound);
  const counted = Array.from(durations.counts);
  assert.deepEqual([counted[bucketOf(0.5)], counted[bucketOf(1)], counted[bucketOf(0.005)]], [1, 1, 1]);
  assert.equal(durations.sum, 1.001);
  const again = drainTraffic(counts, buckets.count);
  assert.deepEqual([[...again.upstreams], Array.from(again.durations.counts).some((count) => count > 0)], [[], false]);
});
