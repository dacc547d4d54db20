import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeLook } from '../../../src/contract/node.ts';
import { POD, setting, short, UID } from './watched-node.ts';

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
