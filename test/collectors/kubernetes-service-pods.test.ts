import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../src/collectors/kubernetes-collector.ts';
import { KUBERNETES_METRICS } from '../../src/collectors/kubernetes-metrics.ts';
import type { Service, ServicePods } from '../../src/contract/cluster.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { readService } from '../../src/parse/service.ts';
import { endpointSlice, pod, service } from '../kubernetes/objects.ts';
import { eventually, started } from '../kubernetes/started.ts';
import { QUICK } from '../sources/kubernetes/follow.ts';
import { testContext } from '../support/context.ts';

/** For a machine under load. */
const PATIENT = { ...QUICK, connectMs: 20_000, headersMs: 20_000, listMs: 30_000 };
const TARGET = 'pods of Services with trouble, by their selectors';

async function ground(t: TestContext, isOn = true) {
  const [server] = await started(t, { bookmarkIntervalSeconds: 0 });
  const clock = { ms: Date.now(), now: () => clock.ms };
  const told: ServicePods[] = [];
  const forgotten: string[] = [];
  const trouble: { services: Service[] } = { services: [] };
  const context = testContext(new MetricRegistry(clock).writers(KUBERNETES_METRICS), {
    clock,
    workloads: { gateways: () => [], proxied: () => null, unready: () => trouble.services },
  });
  const wanted = () => ({ namespaces: ['shop'], names: ['cart'], hasUnnamed: false });
  const servicePods = { listed: (pods: ServicePods) => told.push(pods), forget: (key: string) => forgotten.push(key) };
  const { hostname, port } = new URL(server.url);
  const collector = new KubernetesCollector(
    kubernetes.schema.parse({ pods: 'off', service_pods: isOn }),
    { ...context, cluster: { ...context.cluster, wanted, servicePods } },
    {
      environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      serviceAccount: server.serviceAccount.path,
      timing: PATIENT,
    },
  );
  t.after(() => collector.stop());
  server.store.create(endpointSlice({ name: 'cart-abc12' }));
  for (const [name, app] of [
    ['cart-1', 'cart'],
    ['cart-2', 'cart'],
    ['pay-1', 'pay'],
  ])
    server.store.create(pod({ name, nodeName: 'node-b', labels: { app, tier: 'web' } }));
  const poll = async () => {
    clock.ms += 2_500;
    await collector.poll();
  };
  const target = () => collector.targets().find(({ name }) => name === TARGET);
  return { server, clock, told, forgotten, trouble, collector, poll, target };
}

function cart(name = 'cart', selector: Record<string, string> = { app: 'cart', tier: 'web' }): Service {
  return readService(service({ name, spec: { selector } }))!;
}

test('pods of a Service with trouble are listed by its selector, on whichever node, and again after half a minute', async (t) => {
  const { server, told, trouble, poll, clock, target } = await ground(t);
  await poll();
  assert.deepEqual([told.length, target()], [0, undefined]);
  trouble.services = [cart()];
  await poll();
  await eventually(() => told.length === 1);
  assert.deepEqual(
    told[0].pods.map(({ key, phase }) => [key, phase]),
    [
      ['shop/cart-1', 'Pending'],
      ['shop/cart-2', 'Pending'],
    ],
  );
  assert.deepEqual([told[0].service, told[0].isWhole, told[0].atMs], ['shop/cart', true, clock.ms]);
  const [request, ...others] = server.counters.matching({ resource: 'pods' });
  assert.equal(others.length, 0);
  assert.deepEqual(
    [request.verb, request.namespace, request.query],
    ['list', 'shop', { labelSelector: 'app=cart,tier=web', limit: '50' }],
  );
  assert.deepEqual(target(), { name: TARGET, state: 'ok', detail: 'shop/cart' });
  await poll();
  assert.equal(server.counters.matching({ resource: 'pods' }).length, 1);
  clock.ms += 40_000;
  await poll();
  await eventually(() => told.length === 2);
});

test('what has recovered is forgotten, and one that has no trouble costs nothing', async (t) => {
  const { told, forgotten, trouble, poll, target, server } = await ground(t);
  trouble.services = [cart()];
  await poll();
  await eventually(() => told.length === 1);
  trouble.services = [];
  await poll();
  assert.deepEqual([forgotten, target()], [['shop/cart'], undefined]);
  assert.equal(server.counters.matching({ resource: 'pods' }).length, 1);
});

test('of many pods the first fifty, and it is said that there are more', async (t) => {
  const { server, told, trouble, poll } = await ground(t);
  for (let n = 0; n < 60; n++) server.store.create(pod({ name: `many-${n}`, labels: { app: 'many' } }));
  trouble.services = [cart('many', { app: 'many' })];
  await poll();
  await eventually(() => told.length === 1);
  assert.deepEqual([told[0].pods.length, told[0].isWhole], [50, false]);
});

test('without the right the target names it, and the watches go on', async (t) => {
  const { server, trouble, poll, collector, target } = await ground(t);
  server.access.deny({ resource: 'pods' });
  trouble.services = [cart()];
  await poll();
  await eventually(() => target()?.state === 'not_permitted');
  assert.match(target()!.detail, /resources: \[pods\], verbs: \[list\]/);
  assert.equal((await collector.poll()).state, 'ok');
});

test('at most twenty Services are asked about, and how many are not is said', async (t) => {
  const { server, trouble, poll, told, target } = await ground(t);
  trouble.services = Array.from({ length: 23 }, (_, n) => cart(`s${n}`, { app: `s${n}` }));
  await poll();
  await eventually(() => told.length === 20);
  assert.match(target()!.detail, /, 3 more are not asked about$/);
  assert.equal(server.counters.matching({ resource: 'pods' }).length, 20);
});

test('switched off, which is the default, nothing is asked', async (t) => {
  const { server, trouble, poll, target } = await ground(t, false);
  trouble.services = [cart()];
  for (let n = 0; n < 5; n++) await poll();
  assert.deepEqual([server.counters.matching({ resource: 'pods' }).length, target()], [0, undefined]);
  assert.equal(kubernetes.schema.parse({}).service_pods, false);
});
