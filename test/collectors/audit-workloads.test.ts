import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { audit } from '../../src/collectors/audit.ts';
import { workloadsOf } from '../../src/collectors/audit-workloads.ts';
import type { ListenState } from '../../src/contract/listener.ts';
import type { ProxiedPod, ProxiedPods } from '../../src/contract/workloads.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { readPod } from '../../src/parse/pod.ts';
import { pod } from '../kubernetes/objects.ts';
import { SOUND_SPEC, withContainer } from '../support/audit-workload.ts';
import { testContext } from '../support/context.ts';
import { FakeProc } from '../support/fake-proc.ts';

const createAudit = await audit.load();

function proxied(name: string, spec: object, seconds: number | null = 7, state: ListenState = 'listening'): ProxiedPod {
  const object = pod({ name, nodeName: 'node-a', podIP: '10.0.0.1' });
  Object.assign(object.spec, spec);
  return {
    pod: readPod(object)!,
    services: [
      {
        key: 'shop/cart',
        ports: [{ name: '', port: 80, targetPort: 8080 }],
        recommendedPreStopSeconds: seconds,
      },
    ],
    listens: () => ({ state, others: state === 'port_mismatch' ? [9090] : [], atMs: 1 }),
  };
}

function running(t: TestContext, pods: { value: ProxiedPods }) {
  const registry = new MetricRegistry({ now: () => Date.now() });
  const context = testContext(registry.writers(audit.metrics), {
    paths: { proc: new FakeProc(t).root, root: '' },
    workloads: { proxied: () => pods.value, unready: () => [], gateways: () => [] },
  });
  const collector = createAudit(audit.schema.parse({}), context);
  return {
    collector,
    poll: async () => await collector.poll(new AbortController().signal),
    async samples() {
      const text = (await registry.render('text', 'test')).toString();
      return text.split('\n').filter((line) => line.startsWith('badgateway_audit') && !/ 0$/.test(line));
    },
  };
}

const SHORT = withContainer({ lifecycle: { preStop: { sleep: { seconds: 3 } } }, readinessProbe: undefined });

test('findings of pods behind gateways have the namespace and no gateway, and stand in the targets', async (t) => {
  const names = ['cart-7d9f8c-x2x7k', 'cart-7d9f8c-b5w2z'];
  const pods = { value: { isKnown: true as const, pods: names.map((name) => proxied(name, SHORT)) } };
  const { poll, samples, collector } = running(t, pods);
  assert.deepEqual(await poll(), { state: 'ok', detail: '1 workload behind gateways, 1 of them with findings' });
  const of = (rule: string) =>
    `badgateway_audit_findings{namespace="shop",pod="",container="",gateway="",rule="${rule}",severity="warning"} 1`;
  assert.deepEqual(await samples(), [of('prestop_below_gap'), of('readiness_probe_missing')]);
  const [target, ...others] = collector.targets!();
  assert.equal(others.length, 0);
  assert.equal(target.name, 'shop/cart');
  assert.match(target.detail, /^warning prestop_below_gap: .* sleeps 3 s and gateways .* up to 7 s .*; fix: sleep 7 s/);
  pods.value = { isKnown: true, pods: [proxied(names[0], SOUND_SPEC)] };
  assert.match((await poll()).detail, /0 of them with findings/);
  assert.deepEqual(await samples(), []);
});

test('what is not known of the cluster is a note, and has no series', async (t) => {
  const { poll, samples, collector } = running(t, { value: { isKnown: false, why: 'pods are not watched' } });
  const { state, detail } = await poll();
  assert.equal(state, 'absent');
  assert.match(detail, /pods behind gateways are not audited: pods are not watched/);
  assert.deepEqual(await samples(), []);
  assert.ok(collector.notes!().includes('pods behind gateways are not audited: pods are not watched'));
});

test('pods with the same spec are one workload; one in two versions is two; the longest figure counts', () => {
  const pods = [
    proxied('cart-7d9f8c-x2x7k', SOUND_SPEC, 5),
    proxied('cart-7d9f8c-b5w2z', SOUND_SPEC, 5, 'port_mismatch'),
    proxied('cart-5c6b7d-zz2xq', SHORT, null),
  ];
  const workloads = workloadsOf(pods).get('shop')!;
  assert.deepEqual(
    workloads.map(({ key, recommendedPreStopSeconds: of, listens }) => [
      ...[key, of.isKnown ? of.value : of.why],
      listens(8080).map(({ state }) => state),
    ]),
    [
      ['shop/cart', 5, ['listening', 'port_mismatch']],
      ['shop/cart', 'no death gap was measured within 7 days', ['listening']],
    ],
  );
});
