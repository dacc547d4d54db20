import assert from 'node:assert/strict';
import { it } from 'node:test';
import { configSchema } from '../src/config/schema.ts';
import type { Observation } from '../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../src/contract/metrics.ts';
import type { Persistent } from '../src/contract/unit.ts';
import { MetricRegistry } from '../src/metrics/registry.ts';
import { Truth } from '../src/truth.ts';
import { endpoint, slice } from './facts/slices.ts';
import { EDGE, view } from './facts/views.ts';

it('leads from what a proxy uses and what the cluster says to the series', async () => {
  let nowMs = 1_000_000;
  const registry = new MetricRegistry({ now: () => nowMs });
  const { upstreams: config } = configSchema().parse({});
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

it('measures how long a proxy keeps an address, recommends a preStop, and keeps both in the checkpoint', async () => {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const registry = new MetricRegistry(clock);
  const parts = new Map<string, Persistent>();
  const checkpoint = { register: (name: string, part: Persistent) => void parts.set(name, part) };
  const { upstreams: config } = configSchema().parse({});
  const truth = new Truth({ config, clock, registry, checkpoint });
  const uses = (...addresses: string[]) =>
    truth.upstreams.report('conf', view({ shop_cart_80: addresses }, { readAtMs: nowMs }));
  uses('10.0.0.1:8080');
  truth.cluster.set('services', {
    ...{ key: 'shop/cart', clusterIps: ['10.96.0.1'], externalName: '', publishNotReadyAddresses: false },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  });
  truth.cluster.current('services', nowMs);
  truth.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
  truth.cluster.current('endpointslices', nowMs);
  truth.look();
  truth.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
  nowMs += 2500;
  uses('10.0.0.2:8080');
  truth.publish();
  await registry.render('text', 'test');
  const text = (await registry.render('text', 'test')).toString();
  assert.match(text, /^badgateway_endpoint_death_gap_seconds_sum\{.*gateway="edge".*\} 2\.5$/m);
  assert.match(text, /^badgateway_endpoint_propagation_seconds_sum\{.*\} 2\.5$/m);
  assert.match(
    text,
    /^badgateway_upstream_last_death_gap_seconds\{.*upstream_service="cart",upstream_port="80"\} 2\.5$/m,
  );
  assert.match(text, /^badgateway_recommended_prestop_seconds\{.*upstream_service="cart"\} 4$/m);
  assert.match(JSON.stringify(parts.get('death_gaps')?.save()), /2500/);
  assert.match(JSON.stringify(registry.persistent().save()), /badgateway_endpoint_death_gap_seconds/);
});

it('counts restarts of gateways and of the pods behind their Services, and learns addresses from failures', () => {
  let nowMs = 1_000_000;
  const registry = new MetricRegistry({ now: () => nowMs });
  const { upstreams: config } = configSchema().parse({});
  const truth = new Truth({ config, clock: { now: () => nowMs }, registry, checkpoint: { register() {} } });
  const failed = (peer: string): Observation => ({
    ...{ proxy: 'nginx', subject: EDGE, symptom: 'connect_refused', failure: true, count: 1 },
    ...{ sinceMs: nowMs, atMs: nowMs },
    peer: { scheme: 'http', address: peer, port: 8080 },
    upstream: UNKNOWN_UPSTREAM,
  });
  truth.observe(failed('10.0.0.1'));
  truth.look();
  assert.deepEqual(truth.upstreams.views(), [], 'nobody could say what the cluster has');
  truth.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podUid: 'u1' })]));
  truth.cluster.current('endpointslices', nowMs);
  truth.cluster.current('services', nowMs);
  truth.cluster.set('endpointslices', slice('a', []));
  nowMs += 1000;
  truth.observe(failed('10.0.0.1'));
  truth.look();
  nowMs += 1000;
  truth.cluster.current('endpointslices', nowMs);
  truth.observe(failed('10.0.0.1'));
  truth.look();
  const [seen] = truth.upstreams.upstreams();
  assert.deepEqual(
    [seen.view.source, seen.upstream.name, seen.compared.counts.stale],
    ['observed', 'observed:shop/cart:http', 1],
    'at once: a failed request hit it',
  );

  const pod = (key: string, uid: string, ip: string, restartCount: number) => ({
    ...{ key, uid, nodeName: 'n', phase: 'Running', ips: [ip], hostNetwork: false, ready: true, deletedAtMs: null },
    containers: [{ name: 'app', restartCount, ready: true, waitingReason: '', lastExit: null }],
  });
  truth.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2', { podUid: 'u2' })]));
  for (const restarts of [0, 1]) {
    truth.cluster.set('pods', pod('gw/edge-1', 'g', '10.0.1.1', restarts));
    truth.cluster.set('pods', pod('shop/cart-0', 'u2', '10.0.0.2', restarts));
    truth.cluster.set('pods', pod('shop/cart-1', 'u3', '10.0.0.2', restarts));
  }
  const counted = [...(registry.get('badgateway_pod_restarts_total')?.entries() ?? [])].map(
    ({ labels }) => labels.workload,
  );
  assert.deepEqual(counted, ['edge', 'cart']);
});
