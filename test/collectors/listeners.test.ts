import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeProcess } from '../../src/contract/node.ts';
import { networkOf, processOf } from '../support/node-look.ts';
import { HEADER } from '../support/tcp-rows.ts';
import { listen, NOW, Rig, SUBJECT, table } from './listeners-rig.ts';

test('a pid that another process has got is not asked; the next of the network is', async (t) => {
  const rig = new Rig(t);
  const [gone, living] = [rig.process(7, table('0.0.0.0:1'), { startTicks: 999 }), rig.process(8, table('0.0.0.0:2'))];
  const elsewhere = rig.process(9, table('0.0.0.0:3'), { network: '0:1' });
  rig.networks = [networkOf({ processes: [gone, elsewhere, processOf({ pid: 99 }), living], isRelevant: true })];
  const outcome = await rig.poll();
  assert.deepEqual(outcome, { state: 'ok', detail: '1 of 1 networks of gateways and backends' });
  assert.deepEqual(await rig.samples('badgateway_listening'), ['default app pod 2 all 1']);

  rig.networks = [networkOf({ processes: [gone], isRelevant: true })];
  assert.equal((await rig.poll()).state, 'absent');
  assert.deepEqual(await rig.samples('badgateway_listening'), []);
  assert.deepEqual(rig.collector.targets?.(), [
    { name: 'default/app (pod)', state: 'absent', detail: 'its processes are gone' },
  ]);
  assert.deepEqual([...rig.reported.values()], [null], 'what was said of it is taken back');
});

test('what may not be read is said, and has no series', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async (t) => {
  const rig = new Rig(t);
  const [denied, open] = [rig.process(7, table('0.0.0.0:1')), rig.process(8, table('0.0.0.0:2'))];
  chmodSync(join(rig.fake.root, '7/net/tcp'), 0);
  const network = (process: NodeProcess) => networkOf({ processes: [process], isRelevant: true });
  rig.networks = [network(denied)];
  process.seteuid!(65_534);
  try {
    const { state, detail } = await rig.poll();
    assert.equal(state, 'not_permitted');
    assert.match(detail, /^not permitted to read .*7\/net\/tcp$/);
    assert.deepEqual(await rig.samples('badgateway_listening'), []);
    rig.networks = [network(denied), network(open)];
    assert.equal((await rig.poll()).detail, '1 of 2 networks of gateways and backends');
  } finally {
    process.seteuid!(0);
  }
});

test('of a table with rows that cannot be read nothing is said to be closed', async (t) => {
  const rig = new Rig(t);
  const nginx = rig.process(7, `${HEADER}\nnonsense\n${table('0.0.0.0:80')}`);
  rig.networks = [networkOf({ processes: [nginx], isGateway: true, isRelevant: true })];
  const master = { pid: 7, startTicks: 1000 };
  rig.settings = [{ subject: SUBJECT, master, listens: [listen(80), listen(81)], workerConnections: null }];
  await rig.poll();
  await rig.poll();
  assert.deepEqual(await rig.samples('badgateway_listening'), ['default app pod 80 all 1']);
  assert.deepEqual(rig.conditions.get('gateway_not_listening'), undefined);
  assert.deepEqual((await rig.samples('badgateway_listeners_skipped_total')).sort(), [
    'budget 0',
    'malformed 2',
    'port_limit 0',
    'table_limit 0',
  ]);
  assert.equal([...rig.reported.values()][0]?.isWhole, false);
});

test('64 ports of a network, first those of its gateways; the rest is counted', async (t) => {
  const rig = new Rig(t);
  const ports = Array.from({ length: 70 }, (_, at) => `0.0.0.0:${1000 + at}`);
  rig.networks = [networkOf({ processes: [rig.process(7, table(...ports))], isRelevant: true })];
  const master = { pid: 7, startTicks: 1000 };
  rig.settings = [{ subject: SUBJECT, master, listens: [listen(1069, { backlog: 8 })], workerConnections: null }];
  await rig.poll();
  const samples = await rig.samples('badgateway_listening');
  assert.equal(samples.length, 64);
  assert.ok(samples.includes('default app pod 1069 all 1'));
  assert.ok(!samples.some((text) => / 1063 /.test(text)));
  assert.deepEqual(await rig.samples('badgateway_listen_queue_limit'), ['default app pod 1069 true 8']);
  assert.ok((await rig.samples('badgateway_listeners_skipped_total')).includes('port_limit 6'));
});

test("of the node's network nobody says that a port does not listen, and no sidecar is looked for", async (t) => {
  const rig = new Rig(t);
  const envoy = rig.process(1, table('0.0.0.0:15001'), { comm: 'envoy' });
  rig.networks = [networkOf({ processes: [envoy], kind: 'host', isBackend: true, ips: ['10.0.0.9'] })];
  await rig.poll();
  assert.deepEqual(
    [...rig.reported.values()],
    [
      {
        ...{ ips: ['10.0.0.9'], sockets: [{ ip: '0.0.0.0', port: 15_001, queue: 0 }], isWhole: false },
        ...{ isTableWhole: true, atMs: NOW, untilMs: NOW + 45_000 },
      },
    ],
  );
  assert.deepEqual(rig.conditions.size, 0);
});

test('a sidecar reads the network of its pod and puts the configuration of the pod there', async (t) => {
  const before = { ...process.env };
  t.after(() => Object.assign(process.env, { POD_NAMESPACE: '', POD_NAME: '' }, before));
  Object.assign(process.env, { POD_NAMESPACE: 'edge', POD_NAME: 'gw-0' });
  const rig = new Rig(t);
  const own = rig.process(7, table('0.0.0.0:8080'));
  rig.fake.shareNamespace('self', '7').write('sys/net/core/somaxconn', '100');
  rig.networks = [networkOf({ processes: [own], kind: 'process' })];
  const settings = { subject: SUBJECT, master: null, listens: [listen(8080), listen(81)], workerConnections: null };
  rig.settings = [settings, { ...settings, subject: { ...SUBJECT, pod: 'gw-1' } }];
  await rig.poll();
  await rig.poll();
  assert.deepEqual(await rig.samples('badgateway_listening'), [
    'default app process 8080 all 1',
    'default app process 81 none 0',
  ]);
  assert.deepEqual(await rig.samples('badgateway_listen_queue_limit'), ['default app process 8080 false 100']);
  assert.deepEqual(rig.conditions.size, 0, 'whether its nginx runs is not known');
  assert.deepEqual(rig.collector.notes?.(), [
    'gateway gw: the network that it runs in is not visible, so whether its ports listen is not known',
  ]);
});

test("a mesh's gateway has an agent and no redirect: it is not taken for a sidecar", async (t) => {
  const rig = new Rig(t);
  const agent = rig.process(7, table('0.0.0.0:8080'), { comm: 'pilot-agent' });
  rig.networks = [networkOf({ processes: [agent] })];
  const told = async (title: string) => {
    rig.fake.write('7/cmdline', title.replaceAll(' ', '\0'));
    await rig.poll();
    await rig.poll();
    return rig.conditions.get('sidecar_down')?.isActive;
  };
  assert.equal(await told('/usr/local/bin/pilot-agent proxy router --domain x'), undefined);
  assert.equal(await told('/usr/local/bin/pilot-agent proxy sidecar --domain x'), true);
  const envoy = processOf({ pid: 8, comm: 'envoy' });
  // Interception mode NONE: an Envoy that has none of the ports.
  rig.networks = [networkOf({ processes: [agent, envoy] })];
  assert.equal(await told('/usr/local/bin/pilot-agent proxy sidecar --domain x'), null);
});

test('an nginx of unknown configuration does not listen where no port does; with one it is not known', async (t) => {
  const rig = new Rig(t);
  const nginx = (tcp: string) => rig.process(7, tcp, { comm: 'nginx' });
  const poll = async (tcp: string) => {
    rig.networks = [networkOf({ processes: [nginx(tcp)], isGateway: true, isRelevant: true })];
    await rig.poll();
    await rig.poll();
    return [...(await rig.samples('badgateway_listening')), rig.conditions.get('gateway_not_listening')?.isActive];
  };
  // It may serve its pod only.
  assert.deepEqual(await poll(table('127.0.0.1:3128')), ['default app pod 3128 loopback 1', undefined]);
  assert.deepEqual(await poll(table()), ['default app pod 80 none 0', true]);
  assert.deepEqual(await poll(table('0.0.0.0:8080')), ['default app pod 8080 all 1', null]);
});

test('says nothing any more once it is stopped', async (t) => {
  const rig = new Rig(t);
  rig.networks = [networkOf({ processes: [rig.process(7, table('127.0.0.1:80'))], isRelevant: true })];
  const master = { pid: 7, startTicks: 1000 };
  rig.settings = [{ subject: SUBJECT, master, listens: [listen(80)], workerConnections: null }];
  await rig.poll();
  await rig.poll();
  assert.deepEqual(await rig.samples('badgateway_listening'), ['default app pod 80 loopback 1']);
  assert.equal(rig.conditions.get('gateway_not_listening')?.isActive, true);
  await rig.collector.stop?.();
  assert.deepEqual(await rig.samples('badgateway_listening'), []);
  assert.equal(rig.conditions.get('gateway_not_listening')?.isActive, null);
  assert.deepEqual([...rig.reported.values()], [null]);
});
