import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EnvoyAccessGateway } from '../../src/collectors/envoy-access-gateway.ts';
import { envoyAccessLog } from '../../src/collectors/envoy-access-log.ts';
import { DURATION_BUCKETS, type GatewayTraffic, type UpstreamTraffic } from '../../src/contract/traffic.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { TimeBuckets } from '../../src/parse/access-log/time-buckets.ts';
import { compileEnvoyFormat } from '../../src/parse/envoy-access/envoy-format.ts';
import { EnvoyLogReader } from '../../src/parse/envoy-access/envoy-log-reader.ts';
import { testContext } from '../support/context.ts';

const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };
const FORMAT = compileEnvoyFormat({
  json: { code: '%RESPONSE_CODE%', took: '%DURATION%', sent: '%BYTES_SENT%', host: '%UPSTREAM_HOST%' },
});

it('hands over what was counted once, and says which addresses were used', () => {
  const gateways: GatewayTraffic[] = [];
  const upstreams: UpstreamTraffic[] = [];
  const used: unknown[] = [];
  const named: string[] = [];
  const lags: unknown[] = [];
  const ignore = () => {};
  const context = testContext(new MetricRegistry({ now: Date.now }).writers(envoyAccessLog.metrics), {
    traffic: {
      ...{ buckets: DURATION_BUCKETS, follows: ignore, leaves: ignore, isFollowed: () => true },
      gateway: (_, __, traffic) => void gateways.push(traffic),
      upstream: (_, __, traffic) => void upstreams.push(traffic),
    },
    sink: {
      present: ignore,
      observe: ignore,
      named: (_, __, { address }) => void named.push(address),
      lags: (...parts) => void lags.push(parts),
    },
    addresses: { held: ignore, looked: ignore, used: (...parts) => void used.push(parts) },
  });
  const gateway = new EnvoyAccessGateway(EDGE, context, {
    ...{ limit: 100, buckets: new TimeBuckets(DURATION_BUCKETS), intervalMs: 5_000 },
  });
  gateway.follows('a log', new Set(['response_code']));
  assert.deepEqual(lags, [['envoy', EDGE, 'read', 5_000]]);
  const text = ['10.0.0.1:80', '10.0.0.1:80', '/run/app.sock', null].map((host) =>
    JSON.stringify({ code: 200, took: 1500, sent: 10, host }),
  );
  const buffer = Buffer.from(`${text.join('\n')}\n`);
  const block = { buffer, start: 0, end: buffer.length, final: true, wrapping: 'none' as const };
  new EnvoyLogReader().read({ ...block, formatOf: () => FORMAT }, gateway);
  const span = { sinceMs: 100_000, nowMs: 101_000, startedMs: 0, hasBacklog: false };
  for (let i = 0; i < 2; i++) gateway.flush(span);
  assert.equal(gateways.length, 1);
  const [{ durations, ...sums }] = gateways;
  assert.deepEqual(sums, { requestBytes: null, responseBytes: 40, upgrades: 0 });
  assert.equal(durations.sum, 6);
  assert.equal(durations.counts[DURATION_BUCKETS.indexOf(2.5)], 4);
  assert.deepEqual(
    upstreams.map(({ peer, answers }) => [peer?.address, answers.get('200')]),
    [
      [undefined, 1],
      ['10.0.0.1', 2],
      ['/run/app.sock', 1],
    ],
  );
  assert.deepEqual(named, ['10.0.0.1', '/run/app.sock']);
  // Envoy may have kept the lines for 10 s.
  assert.deepEqual(used, [['envoy', EDGE, { ip: '10.0.0.1', port: 80 }, 90_000]]);
});
