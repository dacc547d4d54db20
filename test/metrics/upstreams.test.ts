import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { NO_ADDRESSES } from '../../src/facts/upstream-comparison.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { UPSTREAM_METRICS, UpstreamSeries } from '../../src/metrics/upstreams.ts';
import { view } from '../facts/views.ts';

const SUBJECT = 'namespace="gw",pod="edge-1",container="nginx",gateway="edge",proxy="nginx"';

function tracked(name: string, more: Partial<TrackedUpstream> = {}): TrackedUpstream {
  const edge = view({ [name]: [] });
  return {
    ...{ key: `conf ${name}`, view: edge, upstream: edge.upstreams[0] },
    mapped: {
      service: { service: 'shop/cart', portName: 'http' },
      portNumber: '80',
      method: 'name',
      reason: '',
      isStatic: false,
    },
    compared: {
      counts: { ...NO_ADDRESSES, stale: 2 },
      addresses: [],
      driftSinceMs: 1500,
      isWaiting: false,
      isUnconfirmed: false,
    },
    ...more,
  };
}

it('shows every state of an upstream, since when it drifts, and how its Service was found', async () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new UpstreamSeries(registry.writers(UPSTREAM_METRICS));
  const lines = async (prefix: string) =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(prefix));
  const cart = `${SUBJECT},upstream="cart",upstream_namespace="shop",upstream_service="cart",upstream_port="80"`;

  const first = tracked('cart');
  series.publish([first]);
  assert.equal((await lines('badgateway_upstream_endpoints{')).length, 2, 'live, and what there is');
  assert.ok(
    (await lines('badgateway_upstream_endpoints{')).includes(`badgateway_upstream_endpoints{${cart},state="stale"} 2`),
  );
  assert.deepEqual(await lines('badgateway_upstream_drift'), [
    `badgateway_upstream_drift_since_timestamp_seconds{${cart}} 1.5`,
  ]);
  assert.deepEqual(
    (await lines('badgateway_upstream_mapping{')).filter((line) => line.endsWith(' 1')),
    [`badgateway_upstream_mapping{${SUBJECT},method="name"} 1`],
  );

  const repaired = {
    ...first,
    compared: { ...first.compared, counts: { ...NO_ADDRESSES, live: 1 }, driftSinceMs: null },
  };
  series.publish([repaired]);
  assert.deepEqual(await lines('badgateway_upstream_drift'), []);
  assert.deepEqual(await lines('badgateway_upstream_endpoints{'), [
    `badgateway_upstream_endpoints{${cart},state="live"} 1`,
  ]);

  // Its Service is found to be another: the old series must not stay.
  series.publish([{ ...repaired, mapped: { ...first.mapped, service: null, portNumber: '', method: 'none' } }]);
  const shown = await lines('badgateway_upstream_endpoints{');
  assert.equal(shown.length, 1);
  assert.ok(shown.every((line) => line.includes('upstream_service=""')));

  series.publish([]);
  assert.deepEqual(await lines('badgateway_upstream_'), []);
});

it('never makes an address a label: upstreams that have no other name are one', async () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new UpstreamSeries(registry.writers(UPSTREAM_METRICS));
  const names = [
    'implicit:10.0.0.1:80',
    'implicit:[fd00::1]:80',
    'stream:implicit:10.0.0.1:53',
    'implicit:unix:/run/x',
  ];
  series.publish([...names, 'implicit:cart.shop:80'].map((name) => tracked(name)));
  const lines = (await registry.render('text', 'test')).toString().split('\n');
  const stale = lines.filter((line) => /^badgateway_upstream_endpoints.*stale/.test(line));
  assert.deepEqual(stale.map((line) => line.replace(/.*upstream="([^"]+)".* (\d+)$/, '$1 $2')).sort(), [
    'implicit 8',
    'implicit:cart.shop:80 2',
  ]);
  assert.ok(lines.every((line) => !/10\.0\.0\.1|fd00|run\/x/.test(line)));
});
