import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../src/collectors/kubernetes-collector.ts';
import { KUBERNETES_METRICS } from '../../src/collectors/kubernetes-metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { eventually, started } from '../kubernetes/started.ts';
import { QUICK } from '../sources/kubernetes/follow.ts';
import { testContext } from '../support/context.ts';

for (const skewMs of [0, 90_000, -3_600_000])
  test(`the offset of an API server that is ${skewMs} ms ahead lies between the bounds of the gauge`, async (t) => {
    const [server] = await started(t, { bookmarkIntervalSeconds: 0 });
    server.clockSkewMs = skewMs;
    const clock = { ms: Date.now(), now: () => clock.ms };
    const registry = new MetricRegistry(clock);
    const context = testContext(registry.writers(KUBERNETES_METRICS), { clock });
    const { hostname, port } = new URL(server.url);
    const wanted = () => ({ namespaces: ['shop'], names: ['cart'], hasUnnamed: false });
    const collector = new KubernetesCollector(
      kubernetes.schema.parse({ pods: 'off' }),
      { ...context, cluster: { ...context.cluster, wanted } },
      {
        environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
        serviceAccount: server.serviceAccount.path,
        timing: { ...QUICK, connectMs: 20_000, headersMs: 20_000, listMs: 30_000 },
      },
    );
    t.after(() => collector.stop());
    const bounds = async () => {
      collector.flush();
      const text = (await registry.render('text', 'test')).toString();
      const lines = text.split('\n').filter((line) => line.startsWith('badgateway_api_server_clock_offset_seconds{'));
      return lines.map((line) => [/bound="(\w+)"/.exec(line)![1], Number(line.split(' ').at(-1))] as const);
    };
    assert.deepEqual(await bounds(), []);
    await collector.poll();
    clock.ms += 7_500;
    await collector.poll();
    await eventually(() => collector.targets().every(({ detail }) => /^\d+ objects$/.test(detail)));
    const { least, most } = Object.fromEntries(await bounds());
    assert.ok(least * 1000 <= skewMs && skewMs <= most * 1000, `${least} ${most}`);
  });
