import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../src/collectors/kubernetes-collector.ts';
import { KUBERNETES_METRICS } from '../../src/collectors/kubernetes-metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { endpointSlice, service } from '../kubernetes/objects.ts';
import { eventually, started } from '../kubernetes/started.ts';
import { QUICK } from '../sources/kubernetes/follow.ts';
import { testContext } from '../support/context.ts';

const LABEL = 'app.kubernetes.io/name';

async function ground(t: TestContext, controllers_namespace: string) {
  const [server] = await started(t, { bookmarkIntervalSeconds: 0 });
  const clock = { ms: Date.now(), now: () => clock.ms };
  const told: (string | null)[] = [];
  const seen = new Set<string>();
  const context = testContext(new MetricRegistry(clock).writers(KUBERNETES_METRICS), { clock });
  const cluster = {
    ...context.cluster,
    wanted: () => ({ namespaces: ['shop'], names: ['cart'], hasUnnamed: false }),
    controllers: { found: (keys: readonly string[] | null) => void told.push(keys === null ? null : keys.join()) },
    set: (resource: string, { key }: { readonly key: string }) => void seen.add(`${resource} ${key}`),
  };
  const { hostname, port } = new URL(server.url);
  const collector = new KubernetesCollector(
    kubernetes.schema.parse({ pods: 'off', controllers_namespace }),
    { ...context, cluster },
    {
      environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      serviceAccount: server.serviceAccount.path,
      timing: { ...QUICK, connectMs: 20_000, headersMs: 20_000, listMs: 30_000, forbiddenMs: 100 },
    },
  );
  t.after(() => collector.stop());
  const namespace = 'nginx-gateway';
  server.store.create(service({ name: 'cart' }));
  server.store.create(service({ name: 'edge-nginx', namespace, labels: { [LABEL]: 'edge-nginx' } }));
  server.store.create(service({ name: 'elsewhere', labels: { [LABEL]: 'nginx-gateway-fabric' } }));
  server.store.create(endpointSlice({ name: 'ngf-abc12', namespace, addresses: ['10.9.0.1'] }));
  await collector.poll();
  clock.ms += 7_500;
  await collector.poll();
  return { server, collector, told, seen, namespace };
}

test('Services with the label of a controller are found in the one namespace, and their absence is told', async (t) => {
  const { server, collector, told, seen, namespace } = await ground(t, 'nginx-gateway');
  assert.equal(told[0], null);
  const last = async () => {
    await collector.poll();
    return told.at(-1);
  };
  const becomes = async (wanted: string | null) => {
    let now: string | null | undefined;
    await eventually(() => {
      void last().then((one) => {
        now = one;
      });
      return now === wanted;
    });
  };
  await becomes('');
  const labels = { [LABEL]: 'nginx-gateway-fabric' };
  const made = server.store.create(service({ name: 'ngf', namespace, labels }));
  await becomes('nginx-gateway/ngf');
  assert.ok(seen.has('endpointslices nginx-gateway/ngf-abc12'));
  server.store.delete(made);
  await becomes('');
  await collector.stop();
  assert.equal(told.at(-1), null);
});

test('switched off, which is the default, the namespace is not asked about', async (t) => {
  const { server, collector, told } = await ground(t, '');
  assert.deepEqual(told, []);
  await collector.stop();
  assert.equal(server.counters.matching({ namespace: 'nginx-gateway' }).length, 0);
});
