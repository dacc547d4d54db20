import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CgroupsWatch } from '../support/cgroups-watch.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { networkOf, processOf } from '../support/node-look.ts';
import { skipWithout } from '../support/programs.ts';
import type { CgroupsSaid } from '../support/run-cgroups.ts';
import { cgroupsMissing, TestCgroup } from '../support/test-cgroup.ts';

const skip = cgroupsMissing() || skipWithout('setpriv', 'unshare');
const UID = '8712f785-1a3e-41ec-a00b-e2dcc77431cb';
const ID = 'a'.repeat(64);
const MEBIBYTE = 1024 ** 2;
const CONTAINER = `kubepods/burstable/pod${UID}/${ID}`;
/** Doubles a text until it is killed. */
const HOG = 'x=0123456789abcdef; while :; do x=$x$x; done';

const backend = (pid: number) => [
  networkOf({ processes: [processOf({ pid, podUid: UID, containerId: ID })], isBackend: true }),
];

/** The value of a series of ours, by its name and what its labels contain. */
function sampleOf({ samples }: CgroupsSaid, name: string, label = 'container='): number | undefined {
  const line = samples.find((one) => one.startsWith(`badgateway_${name}{`) && one.includes(label));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

test('a process of a living container is killed at 32 MiB: the series moves by what the kernel counted', {
  skip,
}, async (t) => {
  const cgroup = new TestCgroup(t, CONTAINER);
  cgroup.limitMemory(32 * MEBIBYTE);
  const watch = new CgroupsWatch(t, backend(await cgroup.start('sleep', '600')));
  const before = await watch.poll();
  assert.deepEqual(
    [before.outcome, sampleOf(before, 'oom_kills_total'), sampleOf(before, 'memory_limit_bytes')],
    [{ state: 'ok', detail: '1 cgroups' }, 0, 32 * MEBIBYTE],
  );
  assert.equal(before.conditions[`/${ID.slice(0, 12)}`], false);
  assert.deepEqual(before.ends, []);
  for (const time of [1, 2]) {
    const fromMs = Date.now();
    assert.equal(await cgroup.run('sh', '-c', HOG), 'SIGKILL');
    const killedMs = Date.now();
    const after = await watch.poll();
    assert.equal(after.ends.length, time);
    const { container, podUid, isOomKill, memory, ...span } = after.ends[time - 1];
    assert.deepEqual([container, podUid, isOomKill], [ID.slice(0, 12), UID, true]);
    assert.equal(memory?.limitBytes, 32 * MEBIBYTE);
    // Kernels before 5.19 have no memory.peak.
    assert.ok(memory?.peakBytes === null || memory!.peakBytes > 31 * MEBIBYTE, JSON.stringify(memory));
    assert.ok(span.fromMs <= fromMs && span.atMs >= killedMs, `${JSON.stringify(span)}: ${fromMs} to ${killedMs}`);
    assert.equal(cgroup.kills(), time);
    assert.equal(sampleOf(after, 'oom_kills_total'), time);
    assert.equal(after.conditions[`/${ID.slice(0, 12)}`], true);
  }
  const peak = sampleOf(await watch.poll(), 'memory_peak_bytes')!;
  assert.ok(peak > 31 * MEBIBYTE && peak <= 32 * MEBIBYTE, `${peak}`);
  // Of v1 the cgroups above do not count it.
  assert.equal(sampleOf(await watch.poll(), 'pod_oom_kills_total', 'pod='), cgroup.version === 1 ? undefined : 2);
});

test('working set: usage without the file cache that is not in use', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-cgroups-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const cgroup = new TestCgroup(t, CONTAINER);
  const watch = new CgroupsWatch(t, backend(await cgroup.start('sleep', '600')));
  await cgroup.run(
    'dd',
    'if=/dev/zero',
    `of=${join(directory, 'file')}`,
    'bs=1M',
    'count=16',
    'conv=fsync',
    'status=none',
  );
  const [usage, inactive] =
    cgroup.version === 1 ? ['memory.usage_in_bytes', 'total_inactive_file'] : ['memory.current', 'inactive_file'];
  const kernels = () => {
    const cache = cgroup.field('memory', 'memory.stat', inactive);
    return { cache, workingSet: Number(cgroup.read('memory', usage)) - cache };
  };
  let [told, kernel] = [-1, kernels()];
  // The kernel accounts in batches: it may move between two reads.
  for (const endMs = Date.now() + 20_000; Date.now() < endMs && told !== kernel.workingSet; await delay(100)) {
    kernel = kernels();
    told = sampleOf(await watch.poll(), 'memory_working_set_bytes')!;
  }
  assert.equal(told, kernel.workingSet);
  assert.ok(kernel.cache > 8 * MEBIBYTE, `${kernel.cache} of cache`);
  // Not limited: no series.
  assert.equal(sampleOf(await watch.poll(), 'memory_limit_bytes'), undefined);
});

test('20 % of a CPU: throttled as the kernel says, and pressure where v2 is', { skip }, async (t) => {
  const cgroup = new TestCgroup(t, CONTAINER);
  cgroup.limitCpu(0.2);
  const watch = new CgroupsWatch(t, backend(await cgroup.start('sleep', '600')));
  assert.equal(sampleOf(await watch.poll(), 'cpu_throttled_seconds_total'), 0);
  // It gets a fifth of the time, so the count stands for seconds.
  await cgroup.run('sh', '-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done');
  const said = await watch.poll();
  const [field, unit] = cgroup.version === 1 ? ['throttled_time', 1e9] : ['throttled_usec', 1e6];
  const kernel = cgroup.field('cpu', 'cpu.stat', field as string) / (unit as number);
  assert.equal(sampleOf(said, 'cpu_throttled_seconds_total'), kernel);
  assert.ok(kernel > 0.05, `${kernel} s`);
  assert.equal(sampleOf(said, 'cpu_limit_cores'), 0.2);
  assert.equal(sampleOf(said, 'cpu_throttled_periods_total'), cgroup.field('cpu', 'cpu.stat', 'nr_throttled'));
  assert.equal(sampleOf(said, 'cpu_periods_total'), cgroup.field('cpu', 'cpu.stat', 'nr_periods'));
  const waited = sampleOf(said, 'pressure_stalled_seconds_total', 'resource="cpu",kind="some"');
  assert.equal(waited !== undefined, hasPressure(), 'pressure of the cgroup');
  if (waited !== undefined) assert.ok(waited > 0, `${waited} s`);
  assert.equal(sampleOf(said, 'node_pressure_stalled_seconds_total', 'kind="some"') !== undefined, hasPressure());
});

function hasPressure(): boolean {
  try {
    return readFileSync('/proc/pressure/cpu', 'utf8') !== '';
  } catch {
    return false;
  }
}

test('an nginx without a container in a cgroup of its own, found at the node', {
  skip: skip || skipWithout('nginx'),
}, async (t) => {
  const cgroup = new TestCgroup(t, 'system.slice/nginx.service');
  cgroup.limitMemory(64 * MEBIBYTE);
  const [port, name] = [await freePort(), `cgroups-${process.pid}`];
  const nginx = await startNginx({ name, http: `server { listen 127.0.0.1:${port}; }`, listen: port });
  try {
    const watch = new CgroupsWatch(t, null);
    const label = `{namespace="",pod="",container="",gateway="${name}"}`;
    const own = (said: CgroupsSaid) => said.samples.filter((line) => line.includes(label));
    const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').split(' ').filter(Boolean);
    // Until then it is where we are, which is not the machine's root everywhere.
    for (const pid of [nginx.pid, ...children.map(Number)]) cgroup.add(pid);
    const said = await watch.poll();
    assert.ok(own(said).includes(`badgateway_memory_limit_bytes${label} ${64 * MEBIBYTE}`), own(said).join('\n'));
    assert.ok(sampleOf(said, 'memory_working_set_bytes', label.slice(1, -1)) !== undefined);
    assert.equal(await cgroup.run('sh', '-c', HOG), 'SIGKILL');
    const after = await watch.poll();
    assert.equal(sampleOf(after, 'oom_kills_total', label.slice(1, -1)), cgroup.kills());
    assert.equal(after.conditions[`${name}/`], true);
  } finally {
    await nginx.stop();
  }
});

test('an nginx that was started beside other programs: their memory is not called its own', {
  skip: skip || skipWithout('nginx'),
}, async (t) => {
  const session = new TestCgroup(t, 'user.slice/session-1.scope');
  const other = await session.start('sleep', '600');
  const [port, name] = [await freePort(), `cgroups-shared-${process.pid}`];
  const nginx = await startNginx({ name, http: `server { listen 127.0.0.1:${port}; }`, listen: port });
  try {
    const watch = new CgroupsWatch(t, null);
    const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').split(' ').filter(Boolean);
    for (const pid of [nginx.pid, ...children.map(Number)]) session.add(pid);
    const mine = ({ samples }: CgroupsSaid) => samples.filter((line) => line.includes(`gateway="${name}"`));
    const shared = await watch.poll();
    assert.deepEqual(mine(shared), []);
    assert.ok(sampleOf(shared, 'cgroups', 'state="shared"')! >= 1);
    process.kill(other, 'SIGKILL');
    for (const endMs = Date.now() + 20_000; Date.now() < endMs; await delay(100))
      if (mine(await watch.poll()).some((line) => line.startsWith('badgateway_memory_working_set_bytes'))) return;
    assert.fail('alone there it has no memory either');
  } finally {
    await nginx.stop();
  }
});

/** Enters the cgroup, makes a cgroup namespace of it with a mount as a container has it, and runs the rest. */
const enter = (file: string, own: string, more: string) =>
  `echo $$ > ${file}; exec unshare --cgroup --mount sh -c 'mount -t cgroup2 none ${own}; ${more}; exec "$@"' sh "$@"`;

test("in a cgroup namespace: others are found when the node's hierarchy is mounted, else they are not visible", {
  skip,
}, async (t) => {
  const own = mkdtempSync(join(tmpdir(), 'badgateway-cgroups-'));
  t.after(() => rmSync(own, { recursive: true }));
  const [ours, other] = [new TestCgroup(t, 'kubepods/pod1/own'), new TestCgroup(t, CONTAINER)];
  const network = backend(await other.start('sleep', '600'));
  const hide = ours.mounts().map((point) => `umount -l ${point}`);
  const [seeing, blind] = [':', hide.join('; ')].map(
    (more) => new CgroupsWatch(t, network, ['sh', '-c', enter(ours.file('unified'), own, more), 'sh']),
  );
  try {
    const said = await seeing.poll();
    assert.equal(said.outcome.state, 'ok', said.outcome.detail);
    assert.equal(sampleOf(said, 'pressure_stalled_seconds_total') !== undefined, hasPressure());
    const nothing = await blind.poll();
    assert.equal(nothing.outcome.state, 'absent');
    assert.match(nothing.outcome.detail, /not visible: mount the node's/);
    assert.deepEqual(
      nothing.samples.filter((line) => line.includes('container=')),
      [],
    );
  } finally {
    // They are in the cgroup that is to be removed.
    for (const watch of [seeing, blind]) await watch.end();
  }
});
