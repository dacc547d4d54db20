import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { KILL_LASTS_MS } from '../../src/collectors/cgroups-oom.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';
import { A, B, backend, nobody, rig, SLICE, UID, v2Pod } from './cgroups-rig.ts';

/** What is told of a kill in the pod of the tests. */
const killed = (container: string, fromMs: number, atMs: number, peakBytes: number | null = null) => ({
  ...{ podUid: UID, pod: 'shop/cart-6d4cf56db6-x2bcd', container, isOomKill: true, reason: '', exitCode: null },
  ...{ fromMs, atMs, memory: { limitBytes: 67_108_864, peakBytes } },
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

test('evidence: a container was killed before the one that came after it began', async (t) => {
  const { poll, evidence, files, state, proc } = v2Pod(t);
  proc.write('uptime', '1000.00 1.00\n');
  state.nowMs = 1_000_000;
  await poll();
  rmSync(join(files.root, `${SLICE}/cri-containerd-${A}.scope`), { recursive: true });
  files.make(`${SLICE}/cri-containerd-${B}.scope`, 'v2', { 'memory.events': 'oom_kill 0\n' });
  files.write(SLICE, { 'memory.events': 'oom_kill 3\n' });
  proc.write('8/cgroup', `0::/${SLICE}/cri-containerd-${B}.scope\n`).write('uptime', '1015.00 1.00\n');
  state.look = backend(8, B, 100_400);
  state.nowMs = 1_015_000;
  await poll();
  assert.deepEqual(evidence.ends, [killed(A.slice(0, 12), 1_000_000, 1_004_000)]);
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
