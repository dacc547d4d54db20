import type { TestContext } from 'node:test';
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

export interface Ground {
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

export const NOTHING: WantedServices = { namespaces: [], names: [], hasUnnamed: false };

export async function ground(t: TestContext, config: object = {}, inCluster = true): Promise<Ground> {
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

export function fill({ store }: FakeApiServer): void {
  for (const namespace of ['shop', 'blog']) {
    store.create(endpointSlice({ name: 'cart-1', namespace, addresses: ['10.0.0.1'] }));
    store.create(endpointSlice({ name: 'web-1', namespace, addresses: ['10.0.0.2'] }));
    for (const name of ['cart', 'web']) store.create(service({ name, namespace }));
    store.create(pod({ name: 'cart-p', namespace, nodeName: 'node-a', podIP: '10.0.0.1' }));
    store.create(pod({ name: 'web-p', namespace, nodeName: 'node-b', podIP: '10.0.0.2' }));
  }
}
