import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNodeNetworks, networkOf } from '../../src/sources/node-network.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { Netns, netnsMissing } from '../support/netns.ts';

const FIRST_ONLY = 'sys/net/core/netdev_max_backlog';

test("pid 1's network, unless pid 1 is known to be something else", (t) => {
  const proc = openProcfs(new FakeProc(t).namespace('1').namespace('self').root);
  assert.deepEqual([...findNodeNetworks(proc, true)], [networkOf(proc, 1)]);
  assert.deepEqual([...findNodeNetworks(proc, false)], []);
});

test("our own when it is the machine's first, whatever pid 1 is", (t) => {
  const proc = openProcfs(new FakeProc(t).namespace('self').write(FIRST_ONLY, '1000\n').root);
  assert.deepEqual([...findNodeNetworks(proc, true)], [networkOf(proc, 'self')]);
  assert.deepEqual([...findNodeNetworks(proc, false)], [networkOf(proc, 'self')]);
});

test('without any of these there is none', (t) => {
  assert.deepEqual([...findNodeNetworks(openProcfs(new FakeProc(t).namespace('self').root), true)], []);
});

test('the kernel shows the mark in no other network than the first', { skip: netnsMissing() }, (t) => {
  const netns = new Netns(t);
  const listed = netns.run('ls', '/proc/sys/net/core').split('\n');
  assert.ok(listed.includes('somaxconn'));
  assert.ok(!listed.includes('netdev_max_backlog'));
});
