import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NodeLook, PodName } from '../../../src/contract/node.ts';
import { findGatewayPids } from '../../../src/sources/node/gateway-pids.ts';
import { NodeWatch } from '../../../src/sources/node/node-watch.ts';
import { FakeProc, KTHREADD_STAT } from '../../support/fake-proc.ts';

const UID = '3b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f';
const ID = '0123456789abcdef'.repeat(4);
const POD = `0::/kubepods/burstable/pod${UID}/${ID}\n`;

interface Made {
  readonly comm?: string;
  readonly ticks?: number;
  readonly cgroup?: string;
  /** A pid whose network it shares; none: a new one. */
  readonly in?: string;
}

/** A /proc whose processes and clock the test moves. */
function setting(t: TestContext, upstreams: readonly string[] = []) {
  const proc = new FakeProc(t);
  const host = new FakeProc(t, 'root');
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const paths = { proc: proc.root, root: host.root };
  const names = new Map<string, PodName>();
  const node = new NodeWatch({
    ...{ paths: () => paths, clock, upstreamAddresses: () => new Set(upstreams) },
    podByUid: (uid) => names.get(uid),
  });
  const add = (pid: string, made: Made = {}) => {
    const { comm = 'app', ticks = 100, cgroup = '0::/\n' } = made;
    proc.write(`${pid}/stat`, `${pid} (${comm}) S 1 ${'0 '.repeat(17)}${ticks} 1 1\n`).write(`${pid}/cgroup`, cgroup);
    if (made.in === undefined) proc.write(`${pid}/net/netstat`, '');
    else proc.shareNetwork(pid, made.in);
    return pid;
  };
  const look = () => {
    clock.nowMs += 5_000;
    return node.look(0);
  };
  return { proc, host, clock, node, names, add, look };
}

const short = ({ networks }: NodeLook) =>
  networks.map(({ labels, processes }) => {
    const { namespace, pod, netns } = labels;
    return `${[namespace, pod, netns].filter(Boolean).join('/')} ${processes.map(({ pid }) => pid).join()}`;
  });

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

test('2,000 processes in 200 networks; those who ask at the same time share a look', async (t) => {
  const { add, node, clock, look } = setting(t);
  for (let pid = 1000; pid < 3000; pid++) {
    const first = 1000 + (pid % 200);
    add(String(pid), { ticks: pid, ...(pid < 1200 ? {} : { in: String(first) }) });
  }
  const seen = await look();
  assert.equal(seen.processes.size, 2000);
  assert.deepEqual(
    seen.networks.map(({ processes }) => processes.length),
    Array.from({ length: 200 }, () => 10),
  );

  assert.equal(await node.look(0), seen, 'no time has passed');
  clock.nowMs += 1_000;
  assert.equal(await node.look(1_000), seen);
  const [one, other] = await Promise.all([node.look(500), node.look(0)]);
  assert.notEqual(one, seen);
  assert.equal(one, other);
  clock.nowMs -= 3_600_000;
  assert.notEqual(await node.look(1_000), one, 'a clock that was set back tells no age');
});

test('backends are told by addresses, read while somebody asks; again when there are none', async (t) => {
  const { proc, add, look, clock } = setting(t, ['10.0.0.7', 'fd00::7']);
  const trie = (ip: string) => `Main:\n     |-- ${ip}\n        /32 host LOCAL\n`;
  add('40', { ticks: 40 });
  add('41', { ticks: 41 });
  proc.write('40/net/fib_trie', trie('10.0.0.7')).write('41/net/fib_trie', trie('127.0.0.1'));
  const backends = (seen: NodeLook) => seen.networks.map(({ isBackend }) => isBackend);
  assert.deepEqual(backends(await look()), [true, false]);
  proc.write('40/net/fib_trie', trie('10.0.0.9'));
  proc.write('41/net/if_inet6', 'fd000000000000000000000000000007 04 40 00 82     eth0\n');
  const seen = await look();
  assert.deepEqual(backends(seen), [true, true]);
  assert.deepEqual(
    seen.networks.map(({ ips }) => ips),
    [['10.0.0.7'], ['fd00::7']],
  );
  clock.nowMs += 60_000;
  assert.deepEqual(backends(await look()), [false, true]);
});

test('no upstream has an address: none is read', async (t) => {
  const { proc, add, look } = setting(t);
  add('40');
  proc.write('40/net/fib_trie', 'Main:\n     |-- 10.0.0.7\n        /32 host LOCAL\n');
  assert.deepEqual((await look()).networks[0].ips, []);
});

test('processes that are called like a gateway', async (t) => {
  const { add, node } = setting(t);
  for (const [pid, comm] of Object.entries({ 40: 'nginx', 41: 'angie', 42: 'envoy', 43: 'nginx-x', 44: 'a) S (nginx' }))
    add(pid, { comm });
  assert.deepEqual(await findGatewayPids(node), { nginx: [40, 41], envoy: [42] });
});

test('a new address of an upstream, or the name of a pod, makes a look too old after two seconds', async (t) => {
  const upstreams: string[] = [];
  const { clock, node, names, add } = setting(t, upstreams);
  add('1', { comm: 'systemd' });
  add('40', { cgroup: POD });
  const looksAgain = async (ms: number) => {
    const before = node.last();
    clock.nowMs += ms;
    return (await node.look(60_000)) !== before;
  };
  assert.equal(await looksAgain(0), true);
  assert.equal(await looksAgain(10_000), false);
  upstreams.push('10.0.0.1', '10.0.0.2');
  assert.equal(await looksAgain(0), true);
  upstreams.push('10.0.0.3');
  assert.equal(await looksAgain(1_999), false, 'not more often');
  assert.equal(await looksAgain(1), true);
  upstreams.splice(0, 2);
  assert.equal(await looksAgain(10_000), false, 'one that is gone is no news');
  names.set('9b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f', { namespace: 'shop', pod: 'elsewhere' });
  assert.equal(await looksAgain(10_000), false, 'a pod that is not seen here');
  names.set(UID, { namespace: 'shop', pod: 'cart-0' });
  assert.equal(await looksAgain(0), true);
  assert.deepEqual(short(node.last()!), ['host 1', 'shop/cart-0/pod 40']);
  assert.equal(await looksAgain(10_000), false);
});
