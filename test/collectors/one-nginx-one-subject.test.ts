import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { nginxConfig } from '../../src/collectors/nginx-config.ts';
import { givenNames } from '../../src/collectors/nginx-names.ts';
import { nginxWorkers } from '../../src/collectors/nginx-workers.ts';
import { upstreamSockets } from '../../src/collectors/upstream-sockets.ts';
import type { GatewayNames } from '../../src/contract/gateway-names.ts';
import type { PodName } from '../../src/contract/node.ts';
import { GatewaySettingsMemory } from '../../src/facts/gateway-settings.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';
import { testContext } from '../support/context.ts';
import { connection, writeNginx, writeSockets } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';

const [createConfig, createWorkers, createSockets] = await Promise.all([
  nginxConfig.load(),
  nginxWorkers.load(),
  upstreamSockets.load(),
]);
const UIDS = { 40: '3b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f', 60: '4b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f' } as const;
const EDGE: PodName = { namespace: 'web', pod: 'edge-6d4cf56db6-x2bcd' };
const SHOP: PodName = { namespace: 'web', pod: 'shop-6d4cf56db6-x2bcd' };
const CONF = 'http { upstream cart { server 10.0.0.1:8080; } }\nevents {}\n';
/** One family of each collector, and the counters that begin at 0. */
const FAMILIES = {
  nginx_config: 'badgateway_gateway_config_files',
  reloads: 'badgateway_gateway_config_reloads_total',
  nginx_workers: 'badgateway_workers',
  respawns: 'badgateway_worker_respawns_total',
  upstream_sockets: 'badgateway_upstream_socket_peers',
} as const;

interface Given {
  readonly names?: GatewayNames;
  /** Files of nginx_config by the root of the container. */
  readonly files?: (root: string) => readonly object[];
}

/** An agent and two nginx in pods, each in its container with a configuration of the same name. */
function agentBesidePods(t: TestContext, { names, files = () => [] }: Given = {}) {
  const proc = new FakeProc(t).namespace('1').namespace('self');
  proc.write('uptime', '1000.00 2000.00\n').write('self/mountinfo', '5 4 0:99 / / rw\n');
  proc.write('self/stat', `9 (node) S 1 ${'0 '.repeat(17)}5 0\n`).write('1/mountinfo', '9 1 8:1 / / rw\n');
  const host = new FakeProc(t, 'host');
  for (const [pid, uid] of Object.entries(UIDS)) {
    writeNginx(proc, Number(pid));
    writeSockets(proc, Number(pid), [connection(50_000, '10.0.0.1:8080')]);
    proc.write(`${pid}/mountinfo`, `88 1 0:${pid} / / rw\n`).write(`${pid}/root/etc/nginx/nginx.conf`, CONF);
    proc.write(`${pid}/cgroup`, `0::/kubepods/burstable/pod${uid}/${pid.padStart(64, '0')}\n`);
  }
  const clock = { nowMs: 1e12, now: () => clock.nowMs };
  const pods = new Map<string, PodName>();
  const paths = { proc: proc.root, root: host.root };
  const node = new NodeWatch({
    ...{ paths: () => paths, clock, upstreamAddresses: () => new Set<string>() },
    ...{ podByUid: (uid: string) => pods.get(uid), isClusterAsked: () => true },
  });
  const registry = new MetricRegistry(clock);
  const config = nginxConfig.schema.parse({ files: files(`${proc.root}/40/root`) });
  const none = { files: [] };
  const given = names ?? givenNames({ nginx_config: config, nginx_error_log: none, nginx_access_log: none }, paths, {});
  const shared = { clock, paths, node, settings: new GatewaySettingsMemory(), names: given };
  const collectors = {
    nginx_config: createConfig(config, testContext(registry.writers(nginxConfig.metrics), shared)),
    nginx_workers: createWorkers(
      nginxWorkers.schema.parse({}),
      testContext(registry.writers(nginxWorkers.metrics), shared),
    ),
    upstream_sockets: createSockets(
      upstreamSockets.schema.parse({}),
      testContext(registry.writers(upstreamSockets.metrics), shared),
    ),
  };
  t.after(() => collectors.nginx_config.stop?.());
  return {
    ...{ proc, pods, collectors, clock },
    know(named: Partial<Record<keyof typeof UIDS, PodName>>): void {
      for (const [pid, name] of Object.entries(named)) pods.set(UIDS[Number(pid) as keyof typeof UIDS], name);
    },
    async poll(afterMs = 10_000, order = Object.keys(collectors) as (keyof typeof collectors)[]): Promise<void> {
      clock.nowMs += afterMs;
      for (const name of order) await collectors[name].poll(new AbortController().signal);
    },
    /** By collector, whom it speaks of: `namespace/pod gateway`. */
    subjects: () =>
      Object.fromEntries(
        Object.entries(FAMILIES).map(([collector, family]) => {
          const all = [...(registry.get(family)?.entries() ?? [])].map(
            ({ labels: { namespace, pod, gateway } }) => `${namespace}/${pod} ${gateway}`,
          );
          return [collector, [...new Set(all)].sort()];
        }),
      ),
  };
}

const everywhere = (...subjects: string[]) =>
  Object.fromEntries(Object.keys(FAMILIES).map((collector) => [collector, subjects]));

test('nginx of two pods, whose configurations have the same name, have the names of their pods in all collectors', async (t) => {
  const { know, poll, subjects } = agentBesidePods(t);
  know({ 40: EDGE, 60: SHOP });
  await poll();
  assert.deepEqual(subjects(), everywhere('web/edge-6d4cf56db6-x2bcd edge', 'web/shop-6d4cf56db6-x2bcd shop'));
});

for (const first of ['nginx_config', 'nginx_workers', 'upstream_sockets'] as const)
  test(`whose pod has no name yet is told by nobody; it is at the poll after the name came (first: ${first})`, async (t) => {
    const { know, poll, subjects } = agentBesidePods(t);
    const order = [
      first,
      ...(['upstream_sockets', 'nginx_workers', 'nginx_config'] as const).filter((one) => one !== first),
    ];
    know({ 40: EDGE });
    await poll(0, order);
    assert.deepEqual(subjects(), everywhere('web/edge-6d4cf56db6-x2bcd edge'));
    know({ 60: SHOP });
    await poll(2_000, order);
    assert.deepEqual(subjects(), everywhere('web/edge-6d4cf56db6-x2bcd edge', 'web/shop-6d4cf56db6-x2bcd shop'));
  });

test('a name that does not come is not waited for for ever; when it comes late nothing is left of the other', async (t) => {
  const { proc, know, poll, subjects } = agentBesidePods(t);
  for (const path of ['60', '61']) proc.remove(path);
  for (let polls = 0; polls < 3; polls++) {
    await poll();
    assert.deepEqual(subjects(), everywhere());
  }
  await poll();
  assert.deepEqual(subjects(), everywhere('/ nginx'));
  know({ 40: EDGE });
  await poll(30_000);
  assert.deepEqual(subjects(), everywhere('web/edge-6d4cf56db6-x2bcd edge'));
});

test('a name that a user gave is the whole name, in all collectors, and is not waited for', async (t) => {
  const names = { ofMasters: () => new Map([[40, { gateway: 'given', why: '' }]]) };
  const { know, poll, subjects } = agentBesidePods(t, { names });
  await poll(0);
  assert.deepEqual(subjects(), everywhere('/ given'));
  know({ 40: EDGE, 60: SHOP });
  await poll();
  assert.deepEqual(subjects(), everywhere('/ given', 'web/shop-6d4cf56db6-x2bcd shop'));
});

test('a pod that has ended has counters for ten minutes more', async (t) => {
  const { proc, know, poll, subjects } = agentBesidePods(t);
  know({ 40: EDGE, 60: SHOP });
  await poll();
  for (const path of ['60', '61']) proc.remove(path);
  const [edge, shop] = ['web/edge-6d4cf56db6-x2bcd edge', 'web/shop-6d4cf56db6-x2bcd shop'];
  await poll(30_000);
  const { reloads, respawns, ...gauges } = subjects();
  assert.deepEqual(
    [reloads, respawns],
    [
      [edge, shop],
      [edge, shop],
    ],
  );
  assert.deepEqual(new Set(Object.values(gauges).flat()), new Set([edge]));
  await poll(600_000);
  assert.deepEqual(subjects(), everywhere(edge));
});

for (const [what, said, subject] of [
  ['without a name has that of its pod', {}, 'web/edge-6d4cf56db6-x2bcd edge'],
  ['with a name has that alone', { gateway: 'said' }, '/ said'],
  ['with a pod has that, whatever the node says', { namespace: 'a', pod: 'b-0', gateway: 'said' }, 'a/b-0 said'],
] as const)
  test(`a configured file in a container ${what}`, async (t) => {
    const files = (root: string) => [{ path: `${root}/etc/nginx/nginx.conf`, ...said }];
    const { proc, know, poll, subjects } = agentBesidePods(t, { files });
    for (const path of ['60', '61']) proc.remove(path);
    know({ 40: EDGE });
    await poll(0, ['nginx_workers', 'upstream_sockets', 'nginx_config']);
    if (what.startsWith('with a pod')) await poll();
    assert.deepEqual(subjects(), everywhere(subject));
  });
