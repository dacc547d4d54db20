import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AccessGateway } from '../../src/collectors/access-log-gateway.ts';
import { nginxAccessLog } from '../../src/collectors/nginx-access-log.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { TimeBuckets } from '../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../src/parse/interner.ts';
import { eachLine } from '../support/access-lines.ts';
import { testContext } from '../support/context.ts';
import { TrafficSeen } from '../support/traffic-seen.ts';

const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };

function setUp() {
  const [traffic, seen] = [new TrafficSeen(), [] as Observation[]];
  const context = testContext(new MetricRegistry({ now: Date.now }).writers(nginxAccessLog.metrics), {
    ...{ traffic, sink: { present: () => {}, observe: (one) => void seen.push(one) } },
  });
  const buckets = new TimeBuckets(traffic.buckets);
  return { gateway: new AccessGateway(EDGE, context, { peers: new Interner(8), buckets }), traffic, seen };
}

it('is followed as long as one of its files is', () => {
  const { gateway, traffic } = setUp();
  for (const key of ['a', 'b', 'a']) gateway.follows(key, true);
  gateway.leaves('a');
  gateway.leaves('a');
  assert.deepEqual(traffic.followed, ['edge']);
  gateway.leaves('b');
  assert.deepEqual(traffic.followed, []);
  gateway.follows('b', true);
  assert.deepEqual(traffic.followed, ['edge']);
});

it('bytes: with headers where the format has them, else of bodies; what it does not say is null', () => {
  const { gateway, traffic } = setUp();
  const count = (source: string, text: string) => {
    eachLine(source, [text], (line, buffer) => gateway.counts.count(line, buffer));
    gateway.flush({ sinceMs: 1, atMs: 2, isLate: false });
  };
  count('$status $body_bytes_sent', '200 10');
  assert.deepEqual([traffic.gateways.edge.sent, traffic.gateways.edge.received], [10, null]);
  gateway.follows('a', true);
  count('$status $body_bytes_sent $bytes_sent $request_length', '200 10 200 3000');
  assert.deepEqual([traffic.gateways.edge.sent, traffic.gateways.edge.received], [210, 3000]);
});

it('no failure ends after it was read, or before it began', () => {
  const { gateway, seen } = setUp();
  const format = '$msec $status "$upstream_addr" "$upstream_status"';
  const text = '2000000000.000 502 "10.0.0.1:80" "502"';
  eachLine(format, [text], (line, buffer) => gateway.counts.count(line, buffer));
  gateway.flush({ sinceMs: 1000, atMs: 2000, isLate: true });
  assert.deepEqual(
    seen.map(({ sinceMs, atMs, isLate }) => [sinceMs, atMs, isLate]),
    [[1999, 2000, true]],
  );
});
