import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeLook } from '../../../src/contract/node.ts';
import { findGatewayPids } from '../../../src/sources/node/gateway-pids.ts';
import { KTHREADD_STAT } from '../../support/fake-proc.ts';
import { ID, POD, setting, short, UID } from './watched-node.ts';

test('whose a network is: the node, ourselves, a pod, a container, nobody', async (t) => {
  const { proc, host, add, look } = setting(t);
  mkdirSync(join(host.root, `var/log/pods/shop_cart-0_${UID}`), { recursive: true });
  proc.write('2/stat', KTHREADD_STAT).write('2/cgroup', '0::/\n');
  add('1', { comm: 'systemd', ticks: 1 });
  proc.shareNetwork('2', '1');
  add('self', { ticks: 50 });
  add('30', { ticks: 30, in: 'self' });
  add('40', { comm: 'pause', ticks: 40, cgroup: POD });
  add('41', { comm: 'nginx', ticks: 45, cgroup: POD, in: '40' });
  add('50', { ticks: 60, cgroup: `0::/docker/${ID.replaceAll('0', 'e')}\n` });
  add('60', { ticks: 70 });
  add('70', { comm: 'envoy', ticks: 80, cgroup: POD, in: '1' });
  const seen = await look();
  const inode = seen.processes.get(60)?.network?.split(':')[1];
  assert.deepEqual(short(seen), [
    'host 1,2,70',
    'process 30',
    'shop/cart-0/pod 40,41',
    'e123456789ab/container 50',
    `${inode}/other 60`,
  ]);
  assert.deepEqual(
    seen.networks.map(({ isGateway }) => isGateway),
    [true, false, true, false, false],
  );
  assert.deepEqual([...seen.pods], [[UID, { namespace: 'shop', pod: 'cart-0' }]]);
  assert.deepEqual(seen.notes, ["the node's namespace and our own"]);
});

test('hostPath /proc: `net` is ours, and the node is pid 1', async (t) => {
  const { proc, add, look } = setting(t);
  add('1', { comm: 'systemd', ticks: 1 });
  add('77', { ticks: 50 });
  symlinkSync('77', join(proc.root, 'self'));
  symlinkSync('self/net', join(proc.root, 'net'));
  assert.deepEqual(short(await look()), ['host 1', 'process 77']);
});

test('a second network of one pod has no name of the pod', async (t) => {
  const { add, look } = setting(t);
  add('40', { ticks: 40, cgroup: POD });
  add('41', { ticks: 41, cgroup: POD });
  const seen = await look();
  const inode = seen.processes.get(41)?.network?.split(':')[1];
  assert.deepEqual(short(seen), [`${UID}/pod 40`, `${inode}/other 41`]);
  assert.match(seen.notes.join(), /pods may have no name/);
});

test('a key stays while a member stays; an inode that is used again is another network', async (t) => {
  const { proc, add, look } = setting(t);
  add('40', { ticks: 40 });
  add('41', { ticks: 41, in: '40' });
  const [first] = (await look()).networks;
  proc.remove('40');
  add('42', { ticks: 50, in: '41' });
  const [second] = (await look()).networks;
  assert.equal(second.key, first.key);
  // All members go at once, and somebody else has the inode.
  add('43', { ticks: 60, in: '42' });
  proc.remove('41').remove('42');
  const [third] = (await look()).networks;
  assert.equal(third.identity, first.identity);
  assert.notEqual(third.key, first.key);
});

test('a pid that is used again is another process, in another network', async (t) => {
  const { proc, add, look } = setting(t);
  add('40', { ticks: 40 });
  const [first] = (await look()).networks;
  proc.remove('40');
  add('40', { comm: 'other', ticks: 90 });
  const [second] = (await look()).networks;
  assert.notEqual(second.key, first.key);
  assert.deepEqual([second.processes[0].comm, second.processes[0].startTicks], ['other', 90]);
});

test('runc init becomes something else within its first minute, and is seen in its new network', async (t) => {
  const { proc, add, look } = setting(t);
  add('1', { ticks: 1 });
  await look();
  add('40', { comm: 'runc:[2:INIT]', ticks: 900, in: '1' });
  assert.deepEqual(short(await look()), ['host 1,40']);
  proc.remove('40');
  add('40', { comm: 'app', ticks: 900, cgroup: POD });
  assert.deepEqual(short(await look()), ['host 1', `${UID}/pod 40`]);
});

test('a settled process is not read again but in its turn; a gateway is, each time', async (t) => {
  const { proc, add, clock, look } = setting(t);
  for (let pid = 100; pid < 200; pid++) add(String(pid), { ticks: pid });
  add('300', { comm: 'nginx', ticks: 300 });
  await look();
  clock.nowMs += 60_000;
  await look();
  for (const pid of ['150', '300']) {
    proc.remove(pid);
    add(pid, { comm: 'other', ticks: 5_000 });
  }
  const commOf = (seen: NodeLook, pid: number) => seen.processes.get(pid)?.comm;
  assert.equal(commOf(await look(), 300), 'other');
  let looks = 0;
  while (commOf(await look(), 150) === 'app') looks++;
  // A hundred processes, 16 of them at each look.
  assert.ok(looks <= 7, `seen after ${looks} looks`);
});

test('what is unchanged stays the same object', async (t) => {
  const { add, look } = setting(t);
  add('40');
  const before = (await look()).processes.get(40);
  assert.equal((await look()).processes.get(40), before);
});

test('pid 1 hidden, a process without a network, one that vanishes in between, and none at all', async (t) => {
  const { proc, add, look } = setting(t);
  add('40');
  proc.write('41/stat', '41 (zombie) Z 1 0\n').write('42/cgroup', '0::/\n');
  proc.write('43/stat', `43 (gone) S 1 ${'0 '.repeat(17)}7 1\n`);
  const seen = await look();
  assert.deepEqual([...seen.processes.keys()], [40, 43]);
  assert.equal(seen.processes.get(43)?.network, null);
  assert.deepEqual(seen.networks.length, 1);
  assert.match(seen.notes.join('; '), /pid 1 is not visible \(hidepid\).*; 1 processes do not show their network/);

  rmSync(proc.root, { recursive: true });
  const nothing = await look();
  assert.deepEqual([nothing.processes.size, nothing.networks.length], [0, 0]);
  assert.match(nothing.notes.join('; '), /cannot list .*: ENOENT/);
});

test('a pid 1 that is a gateway is its container’s, not the node', async (t) => {
  const { add, look } = setting(t);
  add('1', { comm: 'nginx', ticks: 1, cgroup: POD });
  add('self', { ticks: 2 });
  assert.deepEqual(short(await look()), [`${UID}/pod 1`]);
});

test('processes that are called like a gateway', async (t) => {
  const { add, node } = setting(t);
  for (const [pid, comm] of Object.entries({ 40: 'nginx', 41: 'angie', 42: 'envoy', 43: 'nginx-x', 44: 'a) S (nginx' }))
    add(pid, { comm });
  assert.deepEqual(await findGatewayPids(node), { nginx: [40, 41], envoy: [42] });
});
