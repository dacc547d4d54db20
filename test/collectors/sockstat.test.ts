import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sockstat } from '../../src/collectors/sockstat.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { startUnit } from '../support/poll.ts';

const SMAPS = 'aaaa-bbbb r--p 00000000 fe:00 1 /bin/node\nSize:  2048 kB\nKernelPageSize:       64 kB\n';

test('sockets per namespace, memory of the machine once and in bytes of its pages', async (t) => {
  const proc = new FakeProc(t).namespace('1').namespace('self').write('self/smaps', SMAPS);
  proc.write('self/net/sockstat', 'TCP: inuse 1 orphan 2 tw 3 alloc 24 mem 155\n');
  const unit = await startUnit(sockstat, {}, { proc: proc.root });
  assert.equal((await unit.poll()).state, 'ok');
  assert.deepEqual(await unit.samples(), [
    `badgateway_tcp_memory_bytes ${155 * 65536}`,
    'badgateway_tcp_sockets_allocated 24',
    'badgateway_tcp_sockets_in_use{namespace="",pod="",netns="host"} 15',
    'badgateway_tcp_sockets_in_use{namespace="",pod="",netns="process"} 1',
    'badgateway_tcp_sockets_orphaned{namespace="",pod="",netns="host"} 0',
    'badgateway_tcp_sockets_orphaned{namespace="",pod="",netns="process"} 2',
    'badgateway_tcp_sockets_time_wait{namespace="",pod="",netns="host"} 0',
    'badgateway_tcp_sockets_time_wait{namespace="",pod="",netns="process"} 3',
  ]);
});

test('page size unknown: no memory rather than a wrong one', async (t) => {
  const unit = await startUnit(sockstat, {}, { proc: new FakeProc(t).namespace('1').root });
  await unit.poll();
  assert.deepEqual(await unit.samples('badgateway_tcp_memory'), []);
});

test('no sockstat: absent and nothing on show', async (t) => {
  const proc = new FakeProc(t).namespace('1');
  const unit = await startUnit(sockstat, {}, { proc: proc.root });
  await unit.poll();
  proc.remove('1/net/sockstat');
  assert.equal((await unit.poll()).state, 'absent');
  assert.deepEqual(await unit.samples(), []);
});

test('the real kernel', { skip: process.platform !== 'linux' && 'needs Linux' }, async () => {
  const unit = await startUnit(sockstat, {});
  assert.equal((await unit.poll()).state, 'ok');
  assert.equal((await unit.samples('badgateway_tcp_memory_bytes')).length, 1);
});
