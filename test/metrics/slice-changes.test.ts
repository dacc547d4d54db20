import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { SLICE_CHANGE_METRICS, SliceChangeSeries } from '../../src/metrics/slice-changes.ts';

type Upstreams = Parameters<SliceChangeSeries['publish']>[0];

/** Only what is read of an upstream. */
function upstreams(...services: readonly (string | null)[]): Upstreams {
  return services.map((service) => ({
    mapped: { service: service === null ? null : { service, portName: 'http' } },
  })) as unknown as Upstreams;
}

test('has one series for each Service behind an upstream that changed, and only as long', () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const changed = new Map([
    ['shop/cart', 1_500],
    ['shop/other', 9_000],
  ]);
  const changes = { changedMs: (service: string) => changed.get(service) ?? null };
  const series = new SliceChangeSeries(registry.writers(SLICE_CHANGE_METRICS), changes);
  const shown = () =>
    [...registry.get('badgateway_upstream_slices_last_change_timestamp_seconds')!.entries()].map(
      ({ labels, value }) => `${labels.upstream_namespace}/${labels.upstream_service} ${value}`,
    );
  series.publish(upstreams('shop/cart', 'shop/cart', null, 'shop/pay'));
  assert.deepEqual(shown(), ['shop/cart 1.5']);
  changed.set('shop/cart', 2_500);
  changed.set('shop/pay', 2_000);
  series.publish(upstreams('shop/cart', 'shop/pay'));
  assert.deepEqual(shown().sort(), ['shop/cart 2.5', 'shop/pay 2']);
  changed.delete('shop/pay');
  series.publish(upstreams('shop/cart', 'shop/pay'));
  assert.deepEqual(shown(), ['shop/cart 2.5']);
  series.publish(upstreams());
  assert.deepEqual(shown(), []);
});
