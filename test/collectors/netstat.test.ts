import assert from 'node:assert/strict';
import { test } from 'node:test';
import { netstat } from '../../src/collectors/netstat.ts';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { FakeProc, readFixture } from '../support/fake-proc.ts';
import { startUnit } from '../support/poll.ts';

const LABELS = 'namespace="",pod="",netns="host"';

test('real capture: the absolute values of the kernel, every declared family shown', async (t) => {
  const unit = await startUnit(netstat, {}, { proc: new FakeProc(t).namespace('1').root });
  assert.equal((await unit.poll()).state, 'ok');
  const samples = await unit.samples();
  const kernel = parseNetstat(readFixture('netstat'));
  assert.ok(samples.includes(`badgateway_listen_overflows_total{${LABELS}} ${kernel.get('TcpExt.ListenOverflows')}`));
  assert.ok(samples.includes(`badgateway_syn_retransmits_total{${LABELS}} ${kernel.get('TcpExt.TCPSynRetrans')}`));
  assert.equal(samples.length, Object.keys(netstat.metrics).length);
});

test('each family shows its own kernel counter', async (t) => {
  const names = Object.keys(netstat.metrics).filter((name) => name.includes('.'));
  const groups = ['TcpExt', 'Tcp', 'Ip'].map((group) => {
    const own = names.filter((name) => name.startsWith(`${group}.`));
    const list = own.map((name) => name.slice(group.length + 1)).join(' ');
    return `${group}: ${list}\n${group}: ${own.map((name) => 1000 + names.indexOf(name)).join(' ')}\n`;
  });
  const proc = new FakeProc(t)
    .namespace('1')
    .write('1/net/netstat', groups[0])
    .write('1/net/snmp', groups[1] + groups[2]);
  const unit = await startUnit(netstat, {}, { proc: proc.root });
  await unit.poll();
  const samples = await unit.samples();
  for (const [at, name] of names.entries()) {
    const family = netstat.metrics[name as keyof typeof netstat.metrics].name;
    assert.ok(samples.includes(`${family}{${LABELS}} ${1000 + at}`), name);
  }
});

test('a counter that an old kernel lacks is no series, not 0', async (t) => {
  const proc = new FakeProc(t).namespace('1').write('1/net/netstat', 'TcpExt: ListenDrops\nTcpExt: 7\n');
  proc.remove('1/net/snmp').remove('1/net/softnet_stat');
  const unit = await startUnit(netstat, {}, { proc: proc.root });
  await unit.poll();
  assert.deepEqual(await unit.samples(), [`badgateway_listen_drops_total{${LABELS}} 7`]);
});

test('a vanished host namespace takes its series along; our own stays', async (t) => {
  const proc = new FakeProc(t).namespace('1').namespace('self');
  const unit = await startUnit(netstat, {}, { proc: proc.root });
  await unit.poll();
  assert.equal((await unit.samples('badgateway_listen_drops_total')).length, 2);
  proc.remove('1');
  assert.equal((await unit.poll()).state, 'ok');
  assert.deepEqual(await unit.samples('badgateway_tcp_connections'), [
    'badgateway_tcp_connections{namespace="",pod="",netns="process"} 4',
  ]);
});

test('nothing to see is absent', async (t) => {
  const unit = await startUnit(netstat, {}, { proc: new FakeProc(t).root });
  const outcome = await unit.poll();
  assert.equal(outcome.state, 'absent');
  assert.match(outcome.detail, /^no net\/netstat/);
});

test('host: true without a visible pid 1 fails instead of showing our own as the node', async (t) => {
  const unit = await startUnit(netstat, { host: true }, { proc: new FakeProc(t).namespace('self').root });
  await assert.rejects(unit.poll(), /host: true/);
  assert.deepEqual(await unit.samples(), []);
});
