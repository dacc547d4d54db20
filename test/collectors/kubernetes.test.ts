import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../src/collectors/kubernetes-collector.ts';
import { KUBERNETES_METRICS } from '../../src/collectors/kubernetes-metrics.ts';
import type { ClusterObjects, ClusterResource, WantedServices } from '../../src/contract/cluster.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import type { FakeApiServer } from '../kubernetes/api-server.ts';
import { endpointSlice, pod, service } from '../kubernetes/objects.ts';
import { eventually, started } from '../kubernetes/started.ts';
import { QUICK } from '../sources/kubernetes/follow.ts';
import { testContext } from '../support/context.ts';

interface Ground {
  readonly server: FakeApiServer;
  readonly collector: KubernetesCollector;
  readonly clock: { ms: number };
  readonly wanted: { -readonly [K in keyof WantedServices]: WantedServices[K] };
  /** resource → keys, as the sink was told. */
  /** Since when a verdict waits. */
  readonly doubt: { ms: number | null };
  readonly known: Record<ClusterResource, Map<string, ClusterObjects[ClusterResource]>>;
  readonly currents: Record<ClusterResource, number>;
  readonly forgotten: ClusterResource[];
  readonly expected: Set<ClusterResource>;
  keys(resource: ClusterResource): string;
  /** Polls over the debounce. */
  settle(): Promise<void>;
  synced(): Promise<void>;
  samples(prefix: string): Promise<string[]>;
}

const NOTHING: WantedServices = { namespaces: [], names: [], hasUnnamed: false };

async function ground(t: TestContext, config: object = {}, inCluster = true): Promise<Ground> {
  const [server] = await started(t, { bookmarkIntervalSeconds: 0 });
  const clock = { ms: Date.now(), now: () => clock.ms };
  const registry = new MetricRegistry(clock);
  const wanted = { ...NOTHING };
  const known: Ground['known'] = { endpointslices: new Map(), services: new Map(), pods: new Map() };
  const currents: Ground['currents'] = { endpointslices: 0, services: 0, pods: 0 };
  const forgotten: ClusterResource[] = [];
  const expected = new Set<ClusterResource>();
  const doubt: { ms: number | null } = { ms: null };
  const cluster = {
    servicePods: { listed: () => {}, forget: () => {} },
    controllers: { found: () => {} },
    set: <R extends ClusterResource>(resource: R, object: ClusterObjects[R]) => known[resource].set(object.key, object),
    delete: (resource: ClusterResource, key: string) => known[resource].delete(key),
    current: (resource: ClusterResource, atMs: number) => {
      currents[resource] = atMs;
    },
    forget: (resource: ClusterResource) => {
      forgotten.push(resource);
      known[resource].clear();
    },
    expect: (resource: ClusterResource) => void expected.add(resource),
    interrupted: () => {},
    doubtMs: () => doubt.ms,
    wanted: () => wanted,
  };
  const { hostname, port } = new URL(server.url);
  const address = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const collector = new KubernetesCollector(
    kubernetes.schema.parse(config),
    testContext(registry.writers(KUBERNETES_METRICS), { clock, cluster }),
    {
      environment: { ...(inCluster ? address : {}), NODE_NAME: 'node-a' },
      serviceAccount: server.serviceAccount.path,
      timing: { ...QUICK, forbiddenMs: 100 },
      debounceMs: 5000,
    },
  );
  t.after(() => collector.stop());
  const poll = () => collector.poll();
  return {
    ...{ server, collector, clock, doubt, wanted, known, currents, forgotten, expected },
    keys: (resource) => [...known[resource].keys()].sort().join(),
    async settle() {
      await poll();
      clock.ms += 7500;
      await poll();
    },
    synced: () => eventually(() => collector.targets().every(({ detail }) => /^\d+ objects$/.test(detail))),
    async samples(prefix) {
      collector.flush();
      const text = (await registry.render('text', 'test')).toString();
      return text
        .split('\n')
        .filter((line) => line.startsWith(prefix))
        .sort();
    },
  };
}

function fill({ store }: FakeApiServer): void {
  for (const namespace of ['shop', 'blog']) {
    store.create(endpointSlice({ name: 'cart-1', namespace, addresses: ['10.0.0.1'] }));
    store.create(endpointSlice({ name: 'web-1', namespace, addresses: ['10.0.0.2'] }));
    for (const name of ['cart', 'web']) store.create(service({ name, namespace }));
    store.create(pod({ name: 'cart-p', namespace, nodeName: 'node-a', podIP: '10.0.0.1' }));
    store.create(pod({ name: 'web-p', namespace, nodeName: 'node-b', podIP: '10.0.0.2' }));
  }
}

test('not in a cluster is absent, with both ways out', async (t) => {
  const { collector, wanted } = await ground(t, {}, false);
  wanted.names = ['cart'];
  const { state, detail } = await collector.poll();
  assert.equal(state, 'absent');
  assert.match(detail, /collectors\.kubernetes\.kubeconfig or collectors\.endpoints_file/);
});

test('nothing wanted: no connection at all', async (t) => {
  const { collector, server, settle, forgotten, expected } = await ground(t);
  await settle();
  assert.equal((await collector.poll()).state, 'absent');
  assert.equal(server.counters.connections, 0);
  await collector.stop();
  assert.deepEqual([forgotten, [...expected]], [[], []]);
});

test('namespaces are watched one by one; slices, services and the pods of this node come, and metrics say so', async (t) => {
  const { collector, server, wanted, settle, synced, keys, samples, currents, known, clock } = await ground(t);
  fill(server);
  wanted.namespaces = ['shop'];
  wanted.names = ['cart'];
  await settle();
  await synced();
  assert.deepEqual(
    [keys('endpointslices'), keys('services'), keys('pods')],
    ['shop/cart-1,shop/web-1', 'shop/cart,shop/web', 'blog/cart-p,shop/cart-p'],
  );
  const outcome = await collector.poll();
  assert.deepEqual(outcome, { state: 'ok', detail: '3 watches: 2 EndpointSlices, 2 Services, 2 pods' });
  assert.equal(currents.endpointslices, clock.ms);
  assert.doesNotMatch(JSON.stringify([...known.pods.values()]), /env-value/);
  const at = clock.ms / 1000;
  await server.counters.nth(3, { verb: 'watch', code: 200 });
  await samples('badgateway_');
  assert.deepEqual(
    (await samples('badgateway_')).filter((line) => line.includes('endpointslices') && !line.includes('watch"')),
    [
      `badgateway_kubernetes_requests_total{resource="endpointslices",verb="list",code="200"} 1`,
      `badgateway_relist_drift_total{resource="endpointslices"} 0`,
      `badgateway_watch_last_activity_timestamp_seconds{resource="endpointslices"} ${at}`,
      `badgateway_watch_last_sync_timestamp_seconds{resource="endpointslices"} ${at}`,
      `badgateway_watch_objects{resource="endpointslices"} 2`,
      `badgateway_watch_synced{resource="endpointslices"} 1`,
    ],
  );
  assert.deepEqual(await samples('badgateway_kubernetes_connections'), [
    `badgateway_kubernetes_connections_total ${server.counters.connections}`,
  ]);
  assert.equal(server.counters.connections, 3);
});

test('names without namespace: one selective watch, Services filtered here', async (t) => {
  const { server, wanted, settle, synced, keys } = await ground(t, { pods: 'off' });
  fill(server);
  wanted.names = ['cart'];
  await settle();
  await synced();
  assert.deepEqual(
    [keys('endpointslices'), keys('services'), keys('pods')],
    ['blog/cart-1,shop/cart-1', 'blog/cart,shop/cart', ''],
  );
  const queries = server.counters.matching({ resource: 'endpointslices' }).map(({ query }) => query.labelSelector);
  assert.deepEqual([...new Set(queries)], ['kubernetes.io/service-name in (cart)']);
});

test('a plan that changes again within five seconds costs nothing; the new watch is up before the old one goes', async (t) => {
  const { collector, server, clock, wanted, settle, synced, keys, known, currents } = await ground(t, { pods: 'off' });
  fill(server);
  wanted.names = ['cart'];
  await settle();
  await synced();
  const before = server.counters.requests.length;
  for (const names of [['cart', 'web'], ['cart'], ['web', 'cart'], ['web']]) {
    wanted.names = names;
    await collector.poll();
    clock.ms += 4000;
    await collector.poll();
  }
  assert.equal(server.counters.requests.length, before);
  const gone: string[] = [];
  const remove = known.endpointslices.delete.bind(known.endpointslices);
  known.endpointslices.delete = (key) => {
    assert.ok(known.endpointslices.has('shop/web-1'));
    gone.push(key);
    return remove(key);
  };
  const held = server.faults.on({ kind: 'delay', ms: 80 }, { verb: 'list', resource: 'endpointslices', times: 1 });
  const currentBefore = currents.endpointslices;
  clock.ms += 8000;
  await collector.poll();
  await eventually(() => held.hits === 1);
  assert.equal(keys('endpointslices'), 'blog/cart-1,shop/cart-1');
  // What is known does not cover what is wanted now.
  assert.equal(currents.endpointslices, currentBefore);
  await synced();
  await eventually(() => keys('endpointslices') === 'blog/web-1,shop/web-1');
  assert.deepEqual(gone.sort(), ['blog/cart-1', 'shop/cart-1']);
  await eventually(() => server.watches.open === 2);
});

test('a plan that never rests is carried out all the same', async (t) => {
  const { collector, server, clock, wanted } = await ground(t, { pods: 'off' });
  for (let count = 0; count < 40; count++) {
    wanted.names = [`cart${count}`];
    await collector.poll();
    clock.ms += 1000;
  }
  await eventually(() => server.counters.count({ resource: 'endpointslices' }) > 0);
});

test('nothing wanted any more: all is forgotten and every connection closed', async (t) => {
  const { collector, server, wanted, settle, synced, forgotten, samples } = await ground(t);
  fill(server);
  wanted.names = ['cart'];
  await settle();
  await synced();
  wanted.names = [];
  await settle();
  assert.deepEqual(forgotten.sort(), ['endpointslices', 'pods', 'services']);
  await eventually(() => server.counters.openConnections === 0);
  assert.equal((await collector.poll()).state, 'absent');
  assert.deepEqual(await samples('badgateway_watch_synced'), []);
});

test('forbidden names the rule to add; granted, it goes on', async (t) => {
  const { collector, server, wanted, settle, keys } = await ground(t, { namespaces: ['shop'], pods: 'off' });
  fill(server);
  const grant = server.access.deny({ resource: 'endpointslices' });
  wanted.names = ['cart'];
  await settle();
  await eventually(() => collector.targets().some(({ state }) => state === 'not_permitted'));
  assert.deepEqual(await collector.poll(), {
    state: 'not_permitted',
    detail:
      'forbidden; add {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]} to a Role in namespace shop',
  });
  grant();
  await eventually(() => keys('endpointslices') === 'shop/cart-1,shop/web-1');
});

test('pods alone forbidden: the rest goes on and says what is missing', async (t) => {
  const { collector, server, wanted, settle, keys } = await ground(t);
  fill(server);
  server.access.deny({ resource: 'pods' });
  wanted.names = ['cart'];
  await settle();
  await eventually(() => keys('services') !== '' && collector.targets().some(({ state }) => state === 'not_permitted'));
  const { state, detail } = await collector.poll();
  assert.equal(state, 'ok');
  assert.match(
    detail,
    /apiGroups: \[""\], resources: \[pods\], .* ClusterRole, or set collectors\.kubernetes\.pods: off/,
  );
});

test('an API server that is not there is a failure; one that goes away, after a minute', async (t) => {
  const { collector, server, clock, wanted, settle, synced, expected } = await ground(t, { pods: 'off' });
  wanted.names = ['cart'];
  await server.kill();
  await settle();
  assert.deepEqual([...expected], ['endpointslices', 'services']);
  await eventually(() => collector.targets().some(({ state }) => state === 'failed'));
  await assert.rejects(
    collector.poll(),
    /endpointslices in all namespaces: API server is not reachable \(ECONNREFUSED\)/,
  );
  await server.restart();
  await synced();
  await server.kill();
  await eventually(() => collector.targets().some(({ detail }) => /not reachable/.test(detail)));
  assert.equal((await collector.poll()).state, 'ok');
  clock.ms += 61_000;
  await assert.rejects(collector.poll(), /in all namespaces: (API server is not reachable|connection .* broke)/);
});

test('an upstream without a telling name: our own namespace; unknown, nothing and why', async (t) => {
  const { server, wanted, settle, keys, synced } = await ground(t, { pods: 'off' });
  server.store.create(endpointSlice({ name: 'cart-1', namespace: 'badgateway', addresses: ['10.0.0.1'] }));
  wanted.hasUnnamed = true;
  await settle();
  await synced();
  assert.equal(keys('endpointslices'), 'badgateway/cart-1');
});

test('what is not watched, and what is read for want of a selector, is said', async (t) => {
  const { collector, wanted, settle } = await ground(t, { node_name: 'not a node' });
  assert.deepEqual(collector.notes(), []);
  wanted.names = Array.from({ length: 300 }, (_, at) => `service-number-${at}`);
  await settle();
  assert.deepEqual(collector.notes(), [
    'pods are not watched: neither NODE_NAME nor collectors.kubernetes.node_name is a name of a node',
    'all EndpointSlices are read: 300 names are too many for a selector',
  ]);
});

test('configuration mistakes', () => {
  const errors = (config: object) => kubernetes.schema.safeParse(config).error?.issues.map(({ message }) => message);
  assert.deepEqual(errors({ namespaces: ['Shop'] }), ['must be the name of a namespace']);
  assert.equal(errors({ pods: 'all' })?.length, 1);
  assert.equal(errors({}), undefined);
});

test('a verdict that waits makes it ask once more, not more often than every 5 s', async (t) => {
  const { server, collector, clock, wanted, doubt, currents, settle, synced } = await ground(t);
  fill(server);
  Object.assign(wanted, { namespaces: ['shop'], names: ['cart'] });
  await settle();
  await synced();
  const watches = () => server.counters.matching({ verb: 'watch', resource: 'endpointslices' }).length;
  await eventually(() => watches() === 1 && currents.endpointslices > 0);
  clock.ms += 1000;
  doubt.ms = clock.ms;
  await collector.poll();
  await eventually(() => watches() === 2 && currents.endpointslices >= (doubt.ms ?? 0));
  clock.ms += 1000;
  doubt.ms = clock.ms;
  await collector.poll();
  await collector.poll();
  assert.equal(watches(), 2);
  clock.ms += 4000;
  await collector.poll();
  await eventually(() => watches() === 3);
});

test('pods that are always wanted are watched on a node without a gateway, and nothing else is', async (t) => {
  const { server, collector, settle, synced, keys } = await ground(t, { pods: 'own_node_always' });
  fill(server);
  await settle();
  await synced();
  assert.equal(keys('pods'), 'blog/cart-p,shop/cart-p');
  assert.deepEqual([...new Set(server.counters.requests.map(({ resource }) => resource))], ['pods']);
  assert.equal((await collector.poll()).state, 'ok');
});
