import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { NodeLook } from '../../src/contract/node.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';
import { A, backend, rig, SLICE, UID, v2Pod } from './cgroups-rig.ts';

const LABELS = `namespace="shop",pod="cart-6d4cf56db6-x2bcd",container="${A.slice(0, 12)}",gateway=""`;

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
