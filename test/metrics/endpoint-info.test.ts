import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { ENDPOINT_INFO_METRICS, EndpointInfoSeries } from '../../src/metrics/endpoint-info.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { endpoint, slice } from '../facts/slices.ts';

type Upstreams = Parameters<EndpointInfoSeries['publish']>[0];

/** Only what is read of an upstream. */
function upstreams(...services: readonly (string | null)[]): Upstreams {
  return services.map((service) => ({
    mapped: { service: service === null ? null : { service, portName: 'http' }, portNumber: '80' },
  })) as unknown as Upstreams;
}

function setUp(most?: number) {
  const clock = { now: () => 1000 };
  const registry = new MetricRegistry(clock);
  const wanted = () => ({ namespaces: [], names: [], hasUnnamed: false });
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted });
  const series = new EndpointInfoSeries(registry.writers(ENDPOINT_INFO_METRICS), cluster, most);
  const entries = (name: string) => registry.get(name)!.entries();
  return {
    cluster,
    series,
    pods: () =>
      [...entries('badgateway_upstream_endpoint_info')].map(
        ({ labels: l }) => `${l.upstream_namespace}/${l.upstream_service}:${l.upstream_port} ${l.endpoint_pod}`,
      ),
    skipped: () => [...entries('badgateway_upstream_endpoint_info_skipped_total')][0].value,
  };
}

test('has one series for each pod behind an upstream, and follows the slices', () => {
  const { cluster, series, pods } = setUp();
  const named = (ip: string, podName: string) => endpoint(ip, { podName, podUid: podName });
  cluster.set('endpointslices', slice('a', [named('10.0.0.1', 'cart-1'), named('10.0.0.2', 'cart-2')]));
  const { service } = cluster.index.get([...cluster.index.keys()][0])!;
  series.publish(upstreams(service, service, null, 'shop/none'));
  assert.deepEqual(pods(), [`${service}:80 cart-1`, `${service}:80 cart-2`]);
  cluster.set('endpointslices', slice('a', [named('10.0.0.2', 'cart-2'), endpoint('10.0.0.9', { podName: '' })]));
  series.publish(upstreams(service));
  assert.deepEqual(pods(), [`${service}:80 cart-2`]);
  series.publish(upstreams());
  assert.deepEqual(pods(), [], 'nobody has the Service as an upstream any more');
});

test('leaves out what is beyond its limit, and counts it', () => {
  const { cluster, series, pods, skipped } = setUp(2);
  const endpoints = ['1', '2', '3'].map((n) => endpoint(`10.0.0.${n}`, { podName: `cart-${n}`, podUid: n }));
  cluster.set('endpointslices', slice('a', endpoints));
  const { service } = cluster.index.get([...cluster.index.keys()][0])!;
  assert.equal(skipped(), 0);
  series.publish(upstreams(service));
  assert.equal(pods().length, 2);
  assert.equal(skipped(), 1);
});
