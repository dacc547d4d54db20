import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cgroups } from '../../src/collectors/cgroups.ts';
import { KILL_LASTS_MS } from '../../src/collectors/cgroups-oom.ts';
import type { NodeLook } from '../../src/contract/node.ts';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';
import { EvidenceSeen } from '../support/evidence-seen.ts';
import { FakeCgroups } from '../support/fake-cgroups.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';

const createCgroups = await cgroups.load();

const UID = '8712f785-1a3e-41ec-a00b-e2dcc77431cb';
const PODS = new Map([[UID, { namespace: 'shop', pod: 'cart-6d4cf56db6-x2bcd' }]]);
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const SLICE = `kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice`;
const LABELS = `namespace="shop",pod="cart-6d4cf56db6-x2bcd",container="${A.slice(0, 12)}",gateway=""`;

const nobody = lookOf({ notes: ['a note'] });

function backend(pid: number, containerId: string): NodeLook {
  const processes = [processOf({ pid, podUid: UID, containerId })];
  return lookOf({ networks: [networkOf({ processes, isBackend: true })], pods: PODS, notes: ['a note'] });
}

function rig(t: TestContext) {
  const proc = new FakeProc(t);
  const state: { look: NodeLook; nowMs: number } = { look: nobody, nowMs: 0 };
  const clock = { now: () => state.nowMs };
  const registry = new MetricRegistry(clock);
  const conditions = new Map<string, boolean | null>();
  const evidence = new EvidenceSeen();
  const condition = ({ subject, isActive, condition: name }: ConditionReport) =>
    conditions.set(`${name} ${subject.pod}/${subject.container} ${subject.gateway}`.trim(), isActive);
  const collector = createCgroups(
    cgroups.schema.parse({}),
    testContext(registry.writers(cgroups.metrics), {
      ...{ clock, evidence, conditions: { condition }, paths: { proc: proc.root, root: proc.root } },
      node: { look: () => Promise.resolve(state.look), markMoved: () => {} },
    }),
  );
  return {
    ...{ proc, state, conditions, collector, evidence, files: new FakeCgroups(proc) },
    poll: async () => await collector.poll(new AbortController().signal),
    samples: async (prefix = 'badgateway_') =>
      (await registry.render('text', 'test'))
        .toString()
        .split('\n')
        .filter((line) => line.startsWith(prefix))
        .sort(),
  };
}

/** One container of a v2 pod, process 7. */
function v2Pod(t: TestContext) {
  const all = rig(t);
  all.files.mount('', '').make(SLICE, 'v2').make(`${SLICE}/cri-containerd-${A}.scope`, 'v2');
  all.proc.write('7/cgroup', `0::/${SLICE}/cri-containerd-${A}.scope\n`);
  all.state.look = backend(7, A);
  return all;
}

test('v2: every value of a container and the kills of its pod', async (t) => {
  const { poll, samples, collector } = v2Pod(t);
  assert.deepEqual(await poll(), { state: 'ok', detail: '1 cgroups' });
  const pressure = (resource: string, kind: string) =>
    `badgateway_pressure_stalled_seconds_total{${LABELS},resource="${resource}",kind="${kind}"}`;
  assert.deepEqual(await samples(), [
    'badgateway_cgroups{state="read"} 1',
    `badgateway_cpu_limit_cores{${LABELS}} 1.5`,
    `badgateway_cpu_periods_total{${LABELS}} 600`,
    `badgateway_cpu_throttled_periods_total{${LABELS}} 41`,
    `badgateway_cpu_throttled_seconds_total{${LABELS}} 4.2`,
    `badgateway_memory_limit_bytes{${LABELS}} 67108864`,
    `badgateway_memory_peak_bytes{${LABELS}} 61865984`,
    `badgateway_memory_working_set_bytes{${LABELS}} ${50331648 - 4096000}`,
    `badgateway_oom_kills_total{${LABELS}} 2`,
    'badgateway_pod_oom_kills_total{namespace="shop",pod="cart-6d4cf56db6-x2bcd",gateway=""} 2',
    `${pressure('cpu', 'full')} 1.5`,
    `${pressure('cpu', 'some')} 12.345678`,
    `${pressure('io', 'full')} 0`,
    `${pressure('io', 'some')} 0`,
    `${pressure('memory', 'full')} 0.2`,
    `${pressure('memory', 'some')} 0.25`,
  ]);
  assert.deepEqual(collector.targets?.(), [
    { name: `shop/cart-6d4cf56db6-x2bcd/${A.slice(0, 12)}`, state: 'ok', detail: 'read' },
  ]);
  assert.deepEqual(collector.notes?.(), ['a note']);
});

test("the name of the container, where kubelet's links are seen", async (t) => {
  const { poll, samples, proc } = v2Pod(t);
  proc.write(`var/log/containers/cart-6d4cf56db6-x2bcd_shop_app-${A}.log`, '');
  await poll();
  assert.match((await samples('badgateway_memory_limit_bytes')).join(), /container="app"/);
});

test('what is not there has no series: no limit, no PSI, an old kernel', async (t) => {
  const { poll, samples, files } = v2Pod(t);
  const scope = `${SLICE}/cri-containerd-${A}.scope`;
  for (const name of ['cpu', 'memory', 'io']) rmSync(join(files.root, scope, `${name}.pressure`));
  rmSync(join(files.root, scope, 'memory.peak'));
  const none = { 'memory.max': 'max\n', 'cpu.max': 'max 100000\n', 'cpu.stat': 'usage_usec 5\n' };
  files.write(scope, none).write(SLICE, none);
  await poll();
  const found = (await samples()).map((line) => line.slice(0, line.indexOf('{')));
  assert.deepEqual(found, [
    'badgateway_cgroups',
    'badgateway_memory_working_set_bytes',
    'badgateway_oom_kills_total',
    'badgateway_pod_oom_kills_total',
  ]);
});

test('more file cache than usage (they are read one after the other): 0, not below', async (t) => {
  const { poll, samples, files } = v2Pod(t);
  files.write(`${SLICE}/cri-containerd-${A}.scope`, { 'memory.current': '4096\n' });
  await poll();
  assert.deepEqual(await samples('badgateway_memory_working'), [`badgateway_memory_working_set_bytes{${LABELS}} 0`]);
});

test('a worker that is killed while its container lives on: the condition, for ten minutes', async (t) => {
  const { poll, conditions, files, state } = v2Pod(t);
  const container = `oom_killed cart-6d4cf56db6-x2bcd/${A.slice(0, 12)}`;
  await poll();
  assert.deepEqual(conditions.get(container) ?? null, null);
  for (const path of [SLICE, `${SLICE}/cri-containerd-${A}.scope`])
    files.write(path, { 'memory.events': 'oom_kill 3\n' });
  state.nowMs = 15_000;
  await poll();
  assert.deepEqual(
    [...conditions],
    [
      ['oom_killed cart-6d4cf56db6-x2bcd/', false],
      [container, true],
    ]
      .reverse()
      .sort(),
  );
  state.nowMs += KILL_LASTS_MS;
  await poll();
  assert.equal(conditions.get(container), false);
  // Its cgroup is gone: nothing can be told.
  state.look = nobody;
  await poll();
  assert.deepEqual([...conditions.values()], [null, null]);
});

test('a container that is killed and made anew: its pod has counted it', async (t) => {
  const { poll, conditions, files, state, proc, samples } = v2Pod(t);
  await poll();
  rmSync(join(files.root, `${SLICE}/cri-containerd-${A}.scope`), { recursive: true });
  files.make(`${SLICE}/cri-containerd-${B}.scope`, 'v2', { 'memory.events': 'oom_kill 0\n' });
  files.write(SLICE, { 'memory.events': 'oom_kill 3\n' });
  proc.write('8/cgroup', `0::/${SLICE}/cri-containerd-${B}.scope\n`);
  state.look = backend(8, B);
  await poll();
  assert.equal(conditions.get('oom_killed cart-6d4cf56db6-x2bcd/'), true);
  assert.equal(conditions.get(`oom_killed cart-6d4cf56db6-x2bcd/${B.slice(0, 12)}`), false);
  assert.match((await samples('badgateway_pod_oom')).join(), / 3$/);
  assert.match((await samples('badgateway_oom')).join(), / 0$/);
});

/** What is told of a kill in the pod of the tests. */
const killed = (container: string, fromMs: number, atMs: number, peakBytes: number | null = null) => ({
  ...{ podUid: UID, pod: 'shop/cart-6d4cf56db6-x2bcd', container, isOomKill: true, reason: '', exitCode: null },
  ...{ fromMs, atMs, memory: { limitBytes: 67_108_864, peakBytes } },
});

test('evidence: a worker that is killed while its container lives on, between two looks', async (t) => {
  const { poll, evidence, files, state } = v2Pod(t);
  state.nowMs = 5_000;
  await poll();
  assert.deepEqual(evidence.ends, [], 'when kills before the first look were is not known');
  state.nowMs = 20_000;
  for (const path of [SLICE, `${SLICE}/cri-containerd-${A}.scope`])
    files.write(path, { 'memory.events': 'oom_kill 3\n' });
  await poll();
  assert.deepEqual(evidence.ends, [killed(A.slice(0, 12), 5_000, 20_000, 61_865_984)]);
  state.nowMs = 22_000;
  await poll();
  assert.equal(evidence.ends.length, 1);
});

test('evidence: a container that is killed and made anew has a name, the kill is told once', async (t) => {
  const { poll, evidence, files, state, proc } = v2Pod(t);
  for (const id of [A, B]) proc.write(`var/log/containers/cart-6d4cf56db6-x2bcd_shop_app-${id}.log`, '');
  await poll();
  rmSync(join(files.root, `${SLICE}/cri-containerd-${A}.scope`), { recursive: true });
  files.make(`${SLICE}/cri-containerd-${B}.scope`, 'v2', { 'memory.events': 'oom_kill 0\n' });
  files.write(SLICE, { 'memory.events': 'oom_kill 3\n' });
  proc.write('8/cgroup', `0::/${SLICE}/cri-containerd-${B}.scope\n`);
  state.look = backend(8, B);
  state.nowMs = 15_000;
  await poll();
  await poll();
  assert.deepEqual(evidence.ends, [killed('app', 0, 15_000)]);
});

test('evidence: the only container of a pod is killed, the next comes minutes later', async (t) => {
  const { poll, evidence, files, state, proc, conditions, samples } = v2Pod(t);
  await poll();
  const scope = `${SLICE}/cri-containerd-${A}.scope`;
  rmSync(join(files.root, scope), { recursive: true });
  rmSync(join(proc.root, '7'), { recursive: true });
  state.look = nobody;
  state.nowMs = 2_000;
  await poll();
  assert.deepEqual(evidence.ends, []);
  // The cgroup is removed before anybody sees the count of its pod.
  files.write(SLICE, { 'memory.events': 'oom_kill 4\n' });
  state.nowMs = 4_000;
  await poll();
  assert.deepEqual(evidence.ends, [killed(A.slice(0, 12), 2_000, 4_000)]);
  assert.equal(conditions.get('oom_killed cart-6d4cf56db6-x2bcd/'), true);
  assert.match((await samples('badgateway_pod_oom')).join(), / 4$/);
  files.make(`${SLICE}/cri-containerd-${B}.scope`, 'v2', { 'memory.events': 'oom_kill 0\n' });
  proc.write('8/cgroup', `0::/${SLICE}/cri-containerd-${B}.scope\n`);
  state.look = backend(8, B);
  state.nowMs = 120_000;
  await poll();
  assert.equal(evidence.ends.length, 1);
  // Not for ever, and not of a pod that has ended.
  state.look = nobody;
  await poll();
  files.write(SLICE, { 'memory.events': 'oom_kill 5\n' });
  state.nowMs += KILL_LASTS_MS;
  await poll();
  assert.equal(evidence.ends.length, 1);
  assert.equal(conditions.get('oom_killed cart-6d4cf56db6-x2bcd/'), null);
});

test('evidence: kills of a container that began after the last look are new, those of an older one may be old', async (t) => {
  const { poll, evidence, files, state, proc } = rig(t);
  files.mount('', '');
  proc.write('uptime', '1000.00 1.00\n');
  state.nowMs = 1_000_000;
  await poll();
  for (const [id, pid] of [
    [A, 7],
    [B, 8],
  ] as const) {
    const path = `${SLICE.replace('8712', id.slice(0, 4))}/cri-containerd-${id}.scope`;
    files.make(path, 'v2', { 'memory.events': 'oom_kill 1\n' });
    proc.write(`${pid}/cgroup`, `0::/${path}\n`);
  }
  state.nowMs = 1_015_000;
  proc.write('uptime', '1015.00 1.00\n');
  const processes = [
    processOf({ pid: 7, podUid: '', containerId: A, startTicks: 99_999 }),
    processOf({ pid: 8, podUid: '', containerId: B, startTicks: 100_100 }),
  ];
  state.look = lookOf({
    networks: processes.map((one) =>
      networkOf({
        key: `${one.pid}`,
        processes: [one],
        isBackend: true,
        kind: 'container',
        labels: { namespace: '', pod: one.containerId.slice(0, 12), netns: 'container' },
      }),
    ),
  });
  await poll();
  assert.deepEqual(evidence.ends, [
    { ...killed(B.slice(0, 12), 1_000_000, 1_015_000, 61_865_984), podUid: '', pod: '' },
  ]);
});

test('v1: usage without the file cache of all below; no pressure, nothing of the pod', async (t) => {
  const { poll, samples, files, proc, state } = rig(t);
  const path = `kubepods/burstable/pod${UID}/${A}`;
  files.mount('memory', 'memory').mount('cpu', 'cpu').make(`memory/${path}`, 'v1').make(`cpu/${path}`, 'v1');
  files.make(`memory/kubepods/burstable/pod${UID}`, 'v1');
  proc.write('7/cgroup', `4:memory:/${path}\n3:cpu:/${path}\n`);
  state.look = backend(7, A);
  await poll();
  const found = (await samples()).map((line) => line.replace(`{${LABELS}}`, ''));
  assert.deepEqual(found, [
    'badgateway_cgroups{state="read"} 1',
    'badgateway_cpu_limit_cores 0.2',
    'badgateway_cpu_periods_total 21',
    'badgateway_cpu_throttled_periods_total 21',
    'badgateway_cpu_throttled_seconds_total 1.628810154',
    'badgateway_memory_limit_bytes 33554432',
    'badgateway_memory_peak_bytes 33554432',
    `badgateway_memory_working_set_bytes ${5156864 - 4620288}`,
    'badgateway_oom_kills_total 1',
  ]);
});

test('not visible: absent with the way out, and no series; visible again: all of them', async (t) => {
  const { poll, samples, files } = v2Pod(t);
  const path = join(files.root, `${SLICE}/cri-containerd-${A}.scope`);
  await poll();
  renameSync(path, `${path}.away`);
  const outcome = await poll();
  assert.equal(outcome.state, 'absent');
  assert.match(outcome.detail, /none of 1 cgroups: .* not visible: mount the node's \/sys\/fs\/cgroup \(hostPath/);
  assert.deepEqual(await samples(), ['badgateway_cgroups{state="not_visible"} 1']);
  renameSync(`${path}.away`, path);
  assert.equal((await poll()).state, 'ok');
  assert.ok((await samples()).length > 10);
});

test('no gateway and no backend: absent with the notes, and still the pressure of the machine', async (t) => {
  const { poll, samples, proc } = rig(t);
  proc.write('pressure/cpu', 'some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n');
  const outcome = await poll();
  assert.deepEqual(outcome, {
    state: 'absent',
    detail: 'no gateway and no backend in a container is visible; a note',
  });
  assert.deepEqual(await samples(), ['badgateway_node_pressure_stalled_seconds_total{resource="cpu",kind="some"} 3']);
});

test('a gateway in the root cgroup is not the machine', async (t) => {
  const { poll, samples, files, proc, state } = rig(t);
  files.mount('', '').write('', { 'memory.stat': 'inactive_file 0\n' });
  proc.write('7/cgroup', '0::/\n').write('7/cmdline', 'nginx: master process nginx\0');
  state.look = lookOf({
    networks: [networkOf({ processes: [processOf({ pid: 7, comm: 'nginx' })], kind: 'host', isGateway: true })],
  });
  assert.match((await poll()).detail, /root cgroup is the whole machine/);
  assert.deepEqual(await samples(), ['badgateway_cgroups{state="root"} 1']);
});

test('a file that may not be read: not permitted, and no series of the cgroup', {
  skip: process.getuid?.() === 0 ? false : 'needs root, to be somebody else for a moment',
}, async (t) => {
  const { poll, samples, files } = v2Pod(t);
  chmodSync(dirname(files.root), 0o755);
  chmodSync(join(files.root, `${SLICE}/cri-containerd-${A}.scope`, 'memory.current'), 0o600);
  process.seteuid!(65534);
  try {
    const outcome = await poll();
    assert.deepEqual(outcome, {
      state: 'not_permitted',
      detail: 'none of 1 cgroups: not permitted to read its cgroup',
    });
    assert.deepEqual(await samples(), [
      'badgateway_cgroups{state="not_permitted"} 1',
      'badgateway_pod_oom_kills_total{namespace="shop",pod="cart-6d4cf56db6-x2bcd",gateway=""} 2',
    ]);
  } finally {
    process.seteuid!(0);
  }
});

test('200 cgroups are read, the rest is counted; two with the same labels are one', async (t) => {
  const { poll, samples, files, proc, state } = rig(t);
  files.mount('', '');
  const processes = Array.from({ length: 203 }, (_, at) => {
    // The second differs from the first beyond the short id only.
    const containerId =
      at === 1 ? `${'0'.repeat(12)}${'f'.repeat(52)}` : at.toString(16).padStart(12, '0').padEnd(64, '0');
    files.write(containerId, { 'cgroup.type': 'domain\n', 'memory.max': '4096\n' });
    proc.write(`${at + 10}/cgroup`, `0::/${containerId}\n`);
    return processOf({ pid: at + 10, containerId });
  });
  state.look = lookOf({ networks: [networkOf({ processes, isBackend: true })] });
  assert.match((await poll()).detail, /^199 of 203 cgroups; /);
  assert.deepEqual(await samples('badgateway_cgroups'), [
    'badgateway_cgroups{state="over_limit"} 3',
    'badgateway_cgroups{state="read"} 199',
    'badgateway_cgroups{state="same_labels"} 1',
  ]);
  assert.equal((await samples('badgateway_memory_limit')).length, 199);
});

test('a look that fails leaves nothing on show', async (t) => {
  const { poll, samples, state } = v2Pod(t);
  await poll();
  state.look = null as unknown as NodeLook;
  await assert.rejects(poll());
  assert.deepEqual(await samples(), []);
});
