import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NETWORK_METRICS, publishNetworks } from '../../src/metrics/networks.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { lookOf, networkOf } from '../support/node-look.ts';

test('how many of each kind; nothing once nobody looks any more', async () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const writers = registry.writers(NETWORK_METRICS);
  const shown = async () =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('badgateway_'));
  publishNetworks(writers, undefined, 0);
  assert.deepEqual(await shown(), []);

  const look = lookOf({ atMs: 1_000, networks: [networkOf({}), networkOf({ kind: 'host' }), networkOf({})] });
  publishNetworks(writers, look, 301_000);
  assert.deepEqual(await shown(), [
    'badgateway_network_namespaces{kind="host"} 1',
    'badgateway_network_namespaces{kind="process"} 0',
    'badgateway_network_namespaces{kind="pod"} 2',
    'badgateway_network_namespaces{kind="container"} 0',
    'badgateway_network_namespaces{kind="other"} 0',
  ]);
  publishNetworks(writers, look, 301_001);
  assert.deepEqual(await shown(), []);
});
