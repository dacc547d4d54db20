import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CgroupDirectory, type CgroupPlaces, CgroupTree, type CgroupUnseen } from '../../src/sources/cgroup.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeCgroups } from '../support/fake-cgroups.ts';
import { FakeProc } from '../support/fake-proc.ts';

const ID = 'a'.repeat(64);
const { signal } = new AbortController();

function fake(t: TestContext) {
  const proc = new FakeProc(t);
  return { proc, cgroups: new FakeCgroups(proc), tree: new CgroupTree(openProcfs(proc.root)) };
}

const say = (place: CgroupDirectory | CgroupUnseen) =>
  typeof place === 'string' ? place : `v${place.version} ${place.name}`;
const said = (places: CgroupPlaces | undefined) => places && Object.values(places).map(say);

test('v1: each controller has a hierarchy of its own, also two in one', async (t) => {
  const { proc, cgroups, tree } = fake(t);
  cgroups.mount('memory', 'memory').mount('cpu,cpuacct', 'cpu,cpuacct');
  cgroups.make('memory/system.slice/nginx.service', 'v1').make('cpu,cpuacct/system.slice', 'v1');
  proc.write('7/cgroup', '4:memory:/system.slice/nginx.service\n3:cpu,cpuacct:/system.slice\n');
  await tree.refresh(signal);
  assert.deepEqual(said(tree.locate(7)), ['v1 nginx.service', 'v1 system.slice', 'not_visible']);
  assert.equal(tree.locate(8), undefined);
});

test('hybrid: controllers on v1, pressure in the v2 hierarchy', async (t) => {
  const { proc, cgroups, tree } = fake(t);
  cgroups.mount('memory', 'memory').mount('cpu', 'cpu').mount('unified', '');
  cgroups.make('memory/a', 'v1').write('cpu', { release_agent: '' }).make('unified/b', 'v2');
  proc.write('7/cgroup', '4:memory:/a\n3:cpu:/\n0::/b\n');
  await tree.refresh(signal);
  assert.deepEqual(said(tree.locate(7)), ['v1 a', 'root', 'v2 b']);
});

test('v2: the root cgroup is the machine and is nobody', async (t) => {
  const { proc, cgroups, tree } = fake(t);
  cgroups.mount('', '').write('', { 'memory.stat': 'inactive_file 0\n' });
  proc.write('7/cgroup', '0::/\n');
  await tree.refresh(signal);
  assert.deepEqual(said(tree.locate(7)), ['root', 'root', 'root']);
});

test('with an id the cgroup of the container, also from one below that bears the id too', async (t) => {
  const { proc, cgroups, tree } = fake(t);
  const path = `kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope`;
  cgroups.mount('', '').make(path, 'v2').make(`${path}/container/x-${ID}`, 'v2');
  proc.write('7/cgroup', `0::/${path}/container/x-${ID}\n`);
  await tree.refresh(signal);
  const place = tree.locate(7, ID)?.memory as CgroupDirectory;
  assert.equal(place.name, `crio-${ID}.scope`);
  assert.equal(place.read('memory.current'), '50331648\n');
  assert.equal(place.read('no.such.file'), undefined);
  assert.equal(place.parent()?.name, 'kubepods-pod1.slice');
  assert.equal(place.parent()?.parent()?.parent()?.parent(), null);
  assert.equal((tree.locate(7)!.memory as CgroupDirectory).name, `x-${ID}`);
});

test('what is not mounted is not visible: nothing, only the own cgroup, or a cgroup that is gone', async (t) => {
  const { proc, cgroups, tree } = fake(t);
  proc.write('7/cgroup', `0::/../../kubepods-pod1.slice/${ID}\n`).write('self/mountinfo', '');
  await tree.refresh(signal);
  assert.deepEqual(said(tree.locate(7, ID)), ['not_visible', 'not_visible', 'not_visible']);
  cgroups.mount('', '').make('', 'v2').make(`kubepods-pod1.slice/${ID}`, 'v2');
  await tree.refresh(signal);
  assert.deepEqual(said(tree.locate(7, ID)), ['not_visible', 'not_visible', 'not_visible']);
  proc.write('8/cgroup', '0::/gone (deleted)\n').write('9/cgroup', '0::/../../../etc\n');
  for (const pid of [8, 9]) assert.deepEqual(said(tree.locate(pid))?.[0], 'not_visible');
});

test("in a cgroup namespace with the node's cgroups mounted elsewhere: the own place is found by its inode", async (t) => {
  const { proc, cgroups, tree } = fake(t);
  // Both mounts show one hierarchy, in which ours is kubepods/pod1/own.
  cgroups.mount('host', '', '/../../..').make('host/kubepods/pod1/own', 'v2').make('host/kubepods/pod2/x', 'v2');
  cgroups.mount('host/kubepods/pod1/own', '').make('host/system.slice/nginx.service', 'v2');
  proc.write('7/cgroup', '0::/../../pod2/x\n').write('8/cgroup', '0::/../../../system.slice/nginx.service\n');
  await tree.refresh(signal);
  assert.deepEqual(say(tree.locate(7)!.memory), 'v2 x');
  assert.deepEqual(say(tree.locate(8)!.memory), 'v2 nginx.service');
});

test('a cgroup that is made anew under the same name is another one; what ends meanwhile is not there', async (t) => {
  const { proc, cgroups, tree } = fake(t);
  cgroups.mount('', '').make('a', 'v2').make('b', 'v2');
  proc.write('7/cgroup', '0::/a\n');
  await tree.refresh(signal);
  const first = tree.locate(7)?.memory as CgroupDirectory;
  // Away, and not removed: its inode would be the next one's.
  renameSync(join(cgroups.root, 'a'), join(cgroups.root, 'gone'));
  assert.equal(first.read('memory.current'), undefined);
  assert.equal(first.isThere(), false);
  cgroups.make('a', 'v2');
  assert.notEqual((tree.locate(7)!.memory as CgroupDirectory).identity, first.identity);
});
