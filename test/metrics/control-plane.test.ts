import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CONTROL_PLANE_METRICS, ControlPlaneSeries } from '../../src/metrics/control-plane.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const EDGE = { namespace: 'gw', pod: 'edge-1', container: '', gateway: 'edge' };

it('counts missed changes by Service, and shows since which start a gateway has got nothing', async () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new ControlPlaneSeries(registry.writers(CONTROL_PLANE_METRICS));
  const lines = async () =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => /^badgateway_(end|not)/.test(line));
  series.missed('shop/cart');
  series.unsynced(EDGE, 5000);
  await lines();
  assert.deepEqual(await lines(), [
    'badgateway_endpoint_changes_missed_while_controller_down_total{upstream_namespace="shop",upstream_service="cart"} 1',
    'badgateway_not_resynced_since_timestamp_seconds{namespace="gw",pod="edge-1",container="",gateway="edge"} 5',
  ]);
  series.unsynced(EDGE, null);
  assert.equal((await lines()).length, 1);
});
