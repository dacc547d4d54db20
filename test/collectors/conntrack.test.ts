import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conntrack } from '../../src/collectors/conntrack.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { startUnit } from '../support/poll.ts';

const LABELS = 'namespace="",pod="",netns="host"';

test('entries once, drops by reason summed over CPUs, the limit of the machine', async (t) => {
  const proc = new FakeProc(t)
    .namespace('1')
    .write(
      '1/net/stat/nf_conntrack',
      'entries insert_failed drop early_drop\n0000012c 00000001 00000002 00000003\n0000012c 00000010 00000020 00000030\n',
    )
    .write('sys/net/netfilter/nf_conntrack_max', '262144\n');
  const unit = await startUnit(conntrack, {}, { proc: proc.root });

  assert.equal((await unit.poll()).state, 'ok');
  assert.deepEqual(await unit.samples(), [
    `badgateway_conntrack_drops_total{${LABELS}} 34`,
    `badgateway_conntrack_early_drops_total{${LABELS}} 51`,
    `badgateway_conntrack_entries_limit{${LABELS}} 262144`,
    `badgateway_conntrack_entries{${LABELS}} 300`,
    `badgateway_conntrack_insert_failures_total{${LABELS}} 17`,
  ]);
});

test("the node's and our own namespace are told apart", async (t) => {
  const proc = new FakeProc(t).namespace('1').namespace('self');
  proc.write('self/net/stat/nf_conntrack', 'entries drop\n00000002 00000000\n');
  const unit = await startUnit(conntrack, {}, { proc: proc.root });
  await unit.poll();
  assert.deepEqual(await unit.samples('badgateway_conntrack_entries'), [
    `badgateway_conntrack_entries{${LABELS}} 12`,
    'badgateway_conntrack_entries{namespace="",pod="",netns="process"} 2',
  ]);
});

test('settings: the hash table of the machine, timeouts of our own namespace as it is shown', async (t) => {
  const setting = (name: string) => `sys/net/netfilter/nf_conntrack_${name}`;
  for (const [isShared, netns] of [
    [true, 'host'],
    [false, 'process'],
  ] as const) {
    const proc = new FakeProc(t).namespace('1').write(setting('buckets'), '131072\n');
    proc.write(setting('tcp_timeout_established'), '86400\n').write(setting('tcp_timeout_close_wait'), '3600\n');
    if (isShared) proc.shareNamespace('self', '1');
    else proc.namespace('self');
    const unit = await startUnit(conntrack, {}, { proc: proc.root });
    await unit.poll();
    assert.deepEqual(await unit.samples('badgateway_conntrack_buckets'), ['badgateway_conntrack_buckets 131072']);
    assert.deepEqual(await unit.samples('badgateway_conntrack_tcp_timeout'), [
      `badgateway_conntrack_tcp_timeout_seconds{namespace="",pod="",netns="${netns}",state="close_wait"} 3600`,
      `badgateway_conntrack_tcp_timeout_seconds{namespace="",pod="",netns="${netns}",state="established"} 86400`,
    ]);
  }
});

test('a column that the kernel lacks is no series, not 0', async (t) => {
  const proc = new FakeProc(t).namespace('1').write('1/net/stat/nf_conntrack', 'entries drop\n00000002 00000000\n');
  const unit = await startUnit(conntrack, {}, { proc: proc.root });
  await unit.poll();
  assert.deepEqual(await unit.samples(), [
    `badgateway_conntrack_drops_total{${LABELS}} 0`,
    `badgateway_conntrack_entries{${LABELS}} 2`,
  ]);
});

test('module unloaded: absent, and nothing stays on show', async (t) => {
  const proc = new FakeProc(t).namespace('1');
  const unit = await startUnit(conntrack, {}, { proc: proc.root });
  await unit.poll();
  assert.notDeepEqual(await unit.samples(), []);

  proc.remove('1/net/stat');
  const outcome = await unit.poll();
  assert.equal(outcome.state, 'absent');
  assert.match(outcome.detail, /^nf_conntrack is not loaded/);
  assert.deepEqual(await unit.samples(), []);
});

test('a table of another shape fails the poll and shows nothing', async (t) => {
  const proc = new FakeProc(t).namespace('1').write('1/net/stat/nf_conntrack', 'what is this\n');
  const unit = await startUnit(conntrack, {}, { proc: proc.root });
  await assert.rejects(unit.poll(), /nf_conntrack: no entries column/);
  assert.deepEqual(await unit.samples(), []);
});
