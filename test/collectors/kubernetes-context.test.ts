import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../src/collectors/kubernetes-collector.ts';
import { KUBERNETES_METRICS } from '../../src/collectors/kubernetes-metrics.ts';
import type { Subject } from '../../src/contract/metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { autoscaler, warningEvent } from '../kubernetes/context-objects.ts';
import { endpointSlice, pod } from '../kubernetes/objects.ts';
import { eventually, started } from '../kubernetes/started.ts';
import { QUICK } from '../sources/kubernetes/follow.ts';
import { testContext } from '../support/context.ts';
import { EvidenceSeen } from '../support/evidence-seen.ts';

const GATEWAY: Subject = { namespace: 'edge', pod: 'edge-7d9f8c-x2x7k', container: '', gateway: 'edge' };

async function ground(t: TestContext, config: object, gateways: readonly Subject[] = []) {
  const [server] = await started(t, { bookmarkIntervalSeconds: 0 });
  const clock = { ms: Date.now(), now: () => clock.ms };
  const registry = new MetricRegistry(clock);
  const evidence = new EvidenceSeen();
  const { hostname, port } = new URL(server.url);
  const context = testContext(registry.writers(KUBERNETES_METRICS), {
    ...{ clock, evidence },
    workloads: { gateways: () => gateways, unready: () => [], proxied: () => ({ isKnown: false, why: 'not asked' }) },
  });
  const wanted = { namespaces: ['shop'], names: ['cart'], hasUnnamed: false };
  const collector = new KubernetesCollector(
    kubernetes.schema.parse({ pods: 'off', ...config }),
    { ...context, cluster: { ...context.cluster, wanted: () => wanted } },
    {
      environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      serviceAccount: server.serviceAccount.path,
      timing: { ...QUICK, forbiddenMs: 100 },
    },
  );
  t.after(() => collector.stop());
  const endpoints = ['cart-7d9f8c-x2x7k', 'cart-7d9f8c-b5w2z'].map((name, index) => ({
    addresses: [`10.0.0.${index + 1}`],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', namespace: 'shop', name },
  }));
  server.store.create(endpointSlice({ name: 'cart-abc12', endpoints }));
  const poll = () => collector.poll();
  return {
    ...{ server, clock, collector, evidence, poll },
    texts: () =>
      evidence.changes.map(({ kind, service, subject, text }) => `${kind} ${service || subject?.gateway}: ${text}`),
    async synced() {
      await poll();
      clock.ms += 7500;
      await poll();
      await eventually(() => collector.targets().every(({ detail }) => /^\d+ objects$/.test(detail)));
    },
    async samples(prefix: string) {
      collector.flush();
      // Counters show 0 first, so that their first event is seen.
      await registry.render('text', 'test');
      const text = (await registry.render('text', 'test')).toString();
      return text.split('\n').filter((line) => line.startsWith(prefix));
    },
  };
}

test('switched off, which is the default, neither is asked for', async (t) => {
  const { server, synced } = await ground(t, {});
  await synced();
  assert.deepEqual([...new Set(server.counters.requests.map(({ resource }) => resource))].sort(), [
    'endpointslices',
    'services',
  ]);
});

test('an autoscaler that scales, and one that is at its limit, are changes of the Service; its state are gauges', async (t) => {
  const { server, collector, synced, texts, samples, evidence, clock } = await ground(t, { autoscalers: true });
  const cart = server.store.create(autoscaler({ name: 'cart', replicas: 4 }));
  server.store.create(autoscaler({ name: 'other', replicas: 1 }));
  await synced();
  assert.deepEqual(texts(), []);
  server.store.update(cart, ({ status }) => {
    status.desiredReplicas = 6;
  });
  await eventually(() => evidence.changes.length === 1);
  assert.deepEqual(texts(), [
    'scale shop/cart: HorizontalPodAutoscaler shop/cart (Deployment cart) scales up from 4 to 6 replicas, between 1 and 10',
  ]);
  assert.equal(evidence.changes[0].atMs, clock.ms);
  server.store.update(cart, ({ status }) => {
    Object.assign(status, { currentReplicas: 10, desiredReplicas: 10 });
    status.conditions = [
      { type: 'AbleToScale', status: 'False', reason: 'BackoffBoth' },
      { type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' },
    ];
  });
  await eventually(() => evidence.changes.length === 4);
  assert.deepEqual(texts().slice(2), [
    'scale shop/cart: HorizontalPodAutoscaler shop/cart (Deployment cart) is at its limit of 10 replicas and would have more',
    'scale shop/cart: HorizontalPodAutoscaler shop/cart (Deployment cart) cannot scale: BackoffBoth',
  ]);
  const labels = 'namespace="shop",autoscaler="cart"';
  assert.deepEqual(await samples('badgateway_autoscaler'), [
    `badgateway_autoscaler_replicas{${labels},state="current"} 10`,
    `badgateway_autoscaler_replicas{${labels},state="desired"} 10`,
    `badgateway_autoscaler_replicas{${labels},state="min"} 1`,
    `badgateway_autoscaler_replicas{${labels},state="max"} 10`,
    `badgateway_autoscaler_at_limit{${labels}} 1`,
    `badgateway_autoscaler_condition{${labels},condition="able_to_scale"} 0`,
    `badgateway_autoscaler_condition{${labels},condition="scaling_limited"} 1`,
    `badgateway_autoscaler_scales_total{${labels},direction="up"} 2`,
    `badgateway_autoscaler_scales_total{${labels},direction="down"} 0`,
  ]);
  server.store.delete(cart);
  const left = () => collector.targets().find(({ name }) => name.startsWith('horizontalpodautoscalers'))?.detail;
  await eventually(() => left() === '1 objects');
  assert.deepEqual(await samples('badgateway_autoscaler'), []);
});

test('the time until an autoscaler has more ready endpoints is measured', async (t) => {
  const { server, collector, synced, samples, evidence, clock } = await ground(t, { autoscalers: true });
  const cart = server.store.create(autoscaler({ name: 'cart', replicas: 2 }));
  await synced();
  server.store.update(cart, ({ status }) => {
    status.desiredReplicas = 3;
  });
  await eventually(() => evidence.changes.length === 1);
  clock.ms += 45_000;
  const third = { addresses: ['10.0.0.3'], conditions: { ready: true } };
  const targetRef = { kind: 'Pod', namespace: 'shop', name: 'cart-7d9f8c-c4d5f' };
  server.store.create(endpointSlice({ name: 'cart-def34', endpoints: [{ ...third, targetRef }] }));
  const sum = 'badgateway_autoscaler_upscale_seconds_sum';
  const slices = () => collector.targets().find(({ name }) => name.startsWith('endpointslices'))?.detail;
  await eventually(() => slices() === '2 objects');
  assert.deepEqual(await samples(sum), [`${sum}{namespace="shop",autoscaler="cart",since="asked"} 45`]);
});

test('warnings of pods behind the Service and of gateways are changes, equal ones once a minute with their count', async (t) => {
  const { server, synced, texts, samples, evidence, clock } = await ground(t, { events: true }, [GATEWAY]);
  const old = server.store.create(warningEvent({ name: 'cart-7d9f8c-x2x7k', id: 'old', reason: 'BackOff' }));
  await synced();
  assert.deepEqual(texts(), []);
  const failing = server.store.create(warningEvent({ name: 'cart-7d9f8c-x2x7k', count: 2, atMs: clock.ms - 4000 }));
  await eventually(() => evidence.changes.length === 1);
  assert.equal(evidence.changes[0].atMs, Math.floor((clock.ms - 4000) / 1000) * 1000);
  for (const count of [3, 4]) server.store.update(failing, (event) => void Object.assign(event, { count }));
  // A pod that is no endpoint yet, and what cannot even make one.
  server.store.create(
    warningEvent({ name: 'cart-5c6b7d-zz2xq', reason: 'FailedScheduling', message: '0/3 nodes are available' }),
  );
  server.store.create(
    warningEvent({
      name: 'cart-5c6b7d',
      kind: 'ReplicaSet',
      reason: 'FailedCreate',
      message: 'serviceaccount "cart" not found',
    }),
  );
  server.store.create(warningEvent({ name: 'cart-7d9f8c-x2x7k', id: 'x', reason: 'Whatever' }));
  for (const name of ['web-7d9f8c-x2x7k', 'db-0']) server.store.create(warningEvent({ name }));
  server.store.create(warningEvent({ name: 'cart-7d9f8c-b5w2z', type: 'Normal', reason: 'Unhealthy' }));
  server.store.create(
    warningEvent({ name: GATEWAY.pod, namespace: 'edge', reason: 'Evicted', message: 'low on memory' }),
  );
  server.store.update(old, (event) => void Object.assign(event, { count: 12 }));
  await eventually(() => evidence.changes.length === 5);
  assert.deepEqual(texts().sort(), [
    'warning edge: Evicted on edge/edge-7d9f8c-x2x7k: low on memory',
    'warning shop/cart: BackOff on shop/cart-7d9f8c-x2x7k: Readiness probe failed: HTTP probe failed with statuscode: 503 (x12)',
    'warning shop/cart: FailedCreate on ReplicaSet shop/cart-5c6b7d: serviceaccount "cart" not found',
    'warning shop/cart: FailedScheduling on shop/cart-5c6b7d-zz2xq: 0/3 nodes are available',
    'warning shop/cart: Unhealthy on shop/cart-7d9f8c-x2x7k: Readiness probe failed: HTTP probe failed with statuscode: 503 (x2)',
  ]);
  clock.ms += 60_000;
  server.store.update(failing, (event) => void Object.assign(event, { count: 9 }));
  await eventually(() => evidence.changes.length === 6);
  assert.match(evidence.changes[5].text, /statuscode: 503 \(x9\)$/);
  assert.deepEqual((await samples('badgateway_kubernetes_warnings')).sort(), [
    'badgateway_kubernetes_warnings_total{namespace="edge",reason="Evicted"} 1',
    'badgateway_kubernetes_warnings_total{namespace="shop",reason="BackOff"} 11',
    'badgateway_kubernetes_warnings_total{namespace="shop",reason="FailedCreate"} 1',
    'badgateway_kubernetes_warnings_total{namespace="shop",reason="FailedScheduling"} 1',
    'badgateway_kubernetes_warnings_total{namespace="shop",reason="Unhealthy"} 9',
    'badgateway_kubernetes_warnings_total{namespace="shop",reason="other"} 1',
  ]);
  const queries = server.counters.matching({ resource: 'events' }).map(({ query }) => query.fieldSelector);
  assert.deepEqual([...new Set(queries)], ['type=Warning']);
});

test('forbidden: the rest goes on, the rule to add is said, and granted it begins', async (t) => {
  const { server, collector, poll, clock, evidence } = await ground(t, { events: true, autoscalers: true });
  const grants = ['events', 'horizontalpodautoscalers'].map((resource) => server.access.deny({ resource }));
  await poll();
  clock.ms += 7500;
  await poll();
  const denied = () => collector.targets().filter(({ state }) => state === 'not_permitted');
  const synced = () => collector.targets().filter(({ detail }) => /^\d+ objects$/.test(detail));
  await eventually(() => denied().length === 2 && synced().length === 2);
  assert.deepEqual(
    denied().map(({ name, detail }) => `${name}: ${detail}`),
    [
      'horizontalpodautoscalers in namespace shop: forbidden; add {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: [list, watch]} to a Role in namespace shop',
      'warnings (events) in namespace shop: forbidden; add {apiGroups: [""], resources: [events], verbs: [list, watch]} to a Role in namespace shop',
    ],
  );
  const { state, detail } = await poll();
  assert.equal(state, 'ok');
  assert.match(detail, /or set collectors\.kubernetes\.autoscalers: false and collectors\.kubernetes\.events: false$/);
  for (const grant of grants) grant();
  await eventually(() => denied().length === 0 && synced().length === 4);
  server.store.create(warningEvent({ name: 'cart-7d9f8c-x2x7k' }));
  await eventually(() => evidence.changes.length === 1);
});

test('an API server without autoscaling/v2, or one that fails there, fails nothing else', async (t) => {
  const { server, collector, poll, clock } = await ground(t, { autoscalers: true });
  server.faults.on({ kind: 'status', code: 404 }, { resource: 'horizontalpodautoscalers' });
  await poll();
  clock.ms += 7500;
  await poll();
  await eventually(() => collector.targets().some(({ state }) => state === 'failed'));
  clock.ms += 120_000;
  await eventually(() => collector.targets().filter(({ detail }) => /^\d+ objects$/.test(detail)).length === 2);
  assert.equal((await poll()).state, 'ok');
});

test('a pod that only shares its name with one behind the Service, in another namespace, is none', async (t) => {
  const { server, synced, evidence } = await ground(t, { events: true, namespaces: ['shop', 'blog'] });
  server.store.create(pod({ name: 'cart-7d9f8c-x2x7k', namespace: 'blog' }));
  await synced();
  server.store.create(warningEvent({ name: 'cart-7d9f8c-x2x7k', namespace: 'blog' }));
  server.store.create(warningEvent({ name: 'cart-7d9f8c-b5w2z' }));
  await eventually(() => evidence.changes.length > 0);
  assert.deepEqual(
    evidence.changes.map(({ service }) => service),
    ['shop/cart'],
  );
});
