import assert from 'node:assert/strict';
import { it } from 'node:test';
import { configSchema } from '../src/config/schema.ts';
import { MetricRegistry } from '../src/metrics/registry.ts';
import { Truth } from '../src/truth.ts';
import { endpoint, slice } from './facts/slices.ts';
import { view } from './facts/views.ts';

it('leads from what a proxy uses and what the cluster says to the series', async () => {
  let nowMs = 1_000_000;
  const registry = new MetricRegistry({ now: () => nowMs });
  const { upstreams: config } = configSchema.parse({});
  const truth = new Truth({ config, clock: { now: () => nowMs }, registry, checkpoint: { register() {} } });
  const samples = async () => {
    truth.publish();
    const lines = (await registry.render('text', 'test')).toString().split('\n');
    return lines
      .filter((line) => line.startsWith('badgateway_') && / [1-9]/.test(line))
      .map((line) => line.replace(/\{.*(state|condition)="(\w+)".*\}/, ' $2'));
  };
  truth.upstreams.report('conf', view({ shop_cart_80: ['10.0.0.1:8080'] }, { readAtMs: nowMs }));
  assert.deepEqual(truth.cluster.wanted(), { namespaces: ['shop'], names: ['cart'], hasUnnamed: false });
  truth.cluster.set('services', {
    ...{ key: 'shop/cart', clusterIps: ['10.96.0.1'], externalName: '', publishNotReadyAddresses: false },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  });
  truth.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
  truth.cluster.current('services', nowMs);
  truth.cluster.current('endpointslices', nowMs);
  assert.ok((await samples()).includes('badgateway_upstream_endpoints live 1'));
  truth.cluster.set('endpointslices', slice('a', []));
  truth.look();
  nowMs += 3000;
  truth.look();
  const after = await samples();
  assert.ok(after.includes('badgateway_upstream_endpoints stale 1'));
  assert.ok(after.includes('badgateway_condition_active no_endpoints 1'));
});
