import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import { readProcessStat } from '../../src/sources/process-stat.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { EvidenceSeen } from '../support/evidence-seen.ts';
import { writeNginx, writeProcess } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { watchWorkers } from '../support/workers-rig.ts';

const TITLE = 'nginx: master process nginx -c /etc/nginx/edge.conf';

function setUp(t: TestContext, settings: () => readonly GatewaySettings[] = () => []) {
  const fake = new FakeProc(t).namespace('1').namespace('self');
  let nowMs = 1e12;
  fake
    .write('uptime', '1000.00 2000.00\n')
    .write('self/stat', '9 (node) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 5 0\n');
  const [evidence, now] = [new EvidenceSeen(), () => nowMs];
  const rig = watchWorkers('edge', {
    paths: { proc: fake.root, root: '' },
    clock: { now },
    evidence,
    settings: { report: () => {}, all: settings },
  });
  return { fake, rig, evidence, now, pass: (ms: number) => (nowMs += ms) };
}

test('no nginx: absent, without series', async (t) => {
  const { rig } = setUp(t);
  assert.deepEqual(await rig.poll(), { state: 'absent', detail: 'no running nginx master is visible' });
  assert.deepEqual(await rig.samples(), []);
  assert.deepEqual(rig.collector.targets?.(), []);
});

test('a running nginx; what /proc does not say has no series, and counters begin at 0', async (t) => {
  const { fake, rig } = setUp(t);
  writeNginx(fake, 40, TITLE);
  assert.deepEqual(await rig.poll(), { state: 'ok', detail: 'edge: 1 worker runs, 0 shut down' });
  const families = (await rig.samples()).map((line) =>
    line.replace(/^badgateway_(\w+)\{.*gateway="edge",?(.*)\} /, '$1 $2 '),
  );
  assert.deepEqual(families.sort(), [
    'worker_connections_held  0',
    'worker_generations_total origin="reload" 0',
    'worker_generations_total origin="replaced" 0',
    'worker_memory_bytes state="shutting_down",kind="pss" 0',
    'worker_memory_bytes state="shutting_down",kind="rss" 0',
    'worker_respawns_total  0',
    'workers state="running" 1',
    'workers state="shutting_down" 0',
  ]);
  assert.deepEqual(rig.collector.targets?.(), [
    { name: 'edge', state: 'ok', detail: 'edge: 1 worker runs, 0 shut down' },
  ]);
});

test('the class of the controller that started it', async (t) => {
  const { fake, rig } = setUp(t);
  writeNginx(fake, 40, TITLE);
  await rig.poll();
  assert.equal(await rig.value('gateway_class_info'), undefined, 'its parent is no controller');
  const controller = '/nginx-ingress-controller\0--ingress-class=internal\0--controller-class=k8s.io/internal';
  writeProcess(fake, 'nginx-ingress-c', controller, { pid: 7 });
  writeProcess(fake, 'nginx', TITLE, { pid: 40, parent: 7 });
  await rig.poll();
  const labels = 'controller="ingress_nginx",ingress_class="internal",controller_class="k8s.io/internal"';
  assert.equal(await rig.value('gateway_class_info', labels), 1);
  fake.write('7/cmdline', '/nginx-ingress-controller\0--ingress-class=other\0');
  await rig.poll();
  assert.equal(await rig.value('gateway_class_info', labels), undefined);
  fake.remove('40');
  await rig.poll();
  assert.equal(await rig.value('gateway_class_info'), undefined);
});

test('who only calls himself nginx is none', async (t) => {
  const { fake, rig } = setUp(t);
  writeProcess(fake, 'bash', TITLE, { pid: 40 });
  writeProcess(fake, 'nginx', 'nginx: worker process', { pid: 41, parent: 40 });
  writeNginx(fake, 50, 'nginx: something else');
  assert.equal((await rig.poll()).state, 'absent');
});

test('a pid that is another process now is not read, and the gateway’s series end', async (t) => {
  const { fake, rig, pass } = setUp(t);
  writeNginx(fake, 40, TITLE);
  await rig.poll();
  assert.equal(rig.conditions.get('worker_crashed'), false);
  writeProcess(fake, 'sleep', 'sleep 9', { pid: 40, startTicks: 999 });
  pass(10_000);
  const { state } = await rig.poll();
  assert.equal(state, 'absent');
  assert.deepEqual([await rig.value('workers'), await rig.value('worker_respawns_total')], [undefined, 0]);
  assert.deepEqual([...rig.conditions.values()], [null, null]);
  assert.deepEqual(rig.collector.targets?.(), [{ name: 'edge', state: 'absent', detail: 'edge: its nginx has ended' }]);
  pass(600_000);
  await rig.poll();
  assert.deepEqual([await rig.samples(), rig.collector.targets?.()], [[], []]);
});

test('a worker that crashes is counted at the poll after its successor has stayed for a second', async (t) => {
  const { fake, rig, pass, evidence, now } = setUp(t);
  writeNginx(fake, 40, TITLE);
  writeProcess(fake, 'nginx', 'nginx: worker process', { pid: 42, parent: 40, startTicks: 141 });
  fake.write('40/task/40/children', '41 42 ');
  await rig.poll();
  // Ticks of 10 ms; the uptime says when it is now.
  writeProcess(fake, 'nginx', 'nginx: worker process', { pid: 43, parent: 40, startTicks: 100_050 });
  fake.remove('42').write('40/task/40/children', '41 43 ').write('uptime', '1001.00 0\n');
  pass(1000);
  await rig.poll();
  assert.equal(await rig.value('worker_respawns_total'), 0);
  fake.write('uptime', '1011.00 0\n');
  pass(10_000);
  await rig.poll();
  assert.deepEqual([await rig.value('worker_respawns_total'), rig.conditions.get('worker_crashed')], [1, true]);
  const [{ subject, ...change }] = evidence.changes;
  assert.equal(subject?.gateway, 'edge');
  // Half a second before the first of the two polls.
  assert.deepEqual(change, {
    ...{ kind: 'crash', service: '', text: 'a worker of nginx crashed and was started again' },
    atMs: now() - 10_500,
  });
  pass(10_000);
  await rig.poll();
  assert.equal(evidence.changes.length, 1);
});

for (const isKnown of [false, true]) {
  const who = isKnown ? 'nginx_config tells it' : 'it is told here';
  test(`a reload, where the configuration is ${isKnown ? 'known' : 'not known'}: ${who}`, async (t) => {
    const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };
    const settings: GatewaySettings[] = [];
    const { fake, rig, evidence, pass, now } = setUp(t, () => settings);
    writeNginx(fake, 40, TITLE);
    const startTicks = readProcessStat(openProcfs(fake.root), 40)!.startTicks;
    if (isKnown) settings.push({ subject, master: { pid: 40, startTicks }, listens: [], workerConnections: null });
    writeProcess(fake, 'nginx', 'nginx: worker process', { pid: 42, parent: 40, startTicks: 141 });
    fake.write('40/task/40/children', '41 42 ');
    await rig.poll();
    assert.equal(await rig.value('worker_generations_total', 'origin="reload"'), 0);
    for (const pid of [43, 44])
      writeProcess(fake, 'nginx', 'nginx: worker process', { pid, parent: 40, startTicks: 100_300 });
    fake.remove('41').remove('42').write('40/task/40/children', '43 44 ').write('uptime', '1010.00 0\n');
    pass(10_000);
    await rig.poll();
    assert.equal(await rig.value('worker_generations_total', 'origin="reload"'), 1);
    const told = { kind: 'reload', atMs: now() - 7_000, subject, service: '', text: 'nginx reloaded' } as const;
    assert.deepEqual(evidence.changes, isKnown ? [] : [told]);
  });
}

test('a lone worker in the place of another: nobody can tell a crash from a reload', async (t) => {
  const { fake, rig, pass, evidence } = setUp(t);
  writeNginx(fake, 40, TITLE);
  await rig.poll();
  assert.equal(await rig.value('worker_generations_total', 'origin="replaced"'), 0);
  writeProcess(fake, 'nginx', 'nginx: worker process', { pid: 43, parent: 40, startTicks: 50_000 });
  fake.remove('41').write('40/task/40/children', '43 ');
  pass(10_000);
  await rig.poll();
  assert.equal(await rig.value('worker_generations_total', 'origin="replaced"'), 1);
  assert.deepEqual([await rig.value('worker_respawns_total'), rig.conditions.get('worker_crashed')], [0, null]);
  assert.deepEqual(evidence.changes, []);
});

test('a clock that was set back does not put off the next search', async (t) => {
  const { fake, rig, pass } = setUp(t);
  writeNginx(fake, 40, TITLE);
  await rig.poll();
  writeNginx(fake, 60, TITLE);
  pass(-3_600_000);
  await rig.poll();
  assert.equal(await rig.value('workers', 'state="running"'), 2);
});

test('an upgrade of the binary: the new master is looked for at once, and its workers are not missing', async (t) => {
  const { fake, rig, pass } = setUp(t);
  writeNginx(fake, 40, TITLE);
  await rig.poll();
  writeProcess(fake, 'nginx', 'nginx: worker process is shutting down', { pid: 41, parent: 40 });
  writeNginx(fake, 60, TITLE);
  for (let poll = 0; poll < 2; poll++) {
    pass(10_000);
    await rig.poll();
  }
  assert.equal(await rig.value('workers', 'state="running"'), 1);
  assert.equal(await rig.value('workers', 'state="shutting_down"'), 1);
});

test('says nothing any more once it is stopped', async (t) => {
  const { fake, rig } = setUp(t);
  writeNginx(fake, 40, TITLE);
  await rig.poll();
  assert.deepEqual([...rig.conditions.values()], [false, false]);
  await rig.collector.stop?.();
  assert.deepEqual([...rig.conditions.values()], [null, null]);
  assert.deepEqual(rig.collector.targets?.(), []);
});

test('two nginx of one gateway are one', async (t) => {
  const { fake, rig } = setUp(t);
  writeNginx(fake, 40, TITLE);
  writeNginx(fake, 60, TITLE);
  await rig.poll();
  assert.equal(await rig.value('workers', 'state="running"'), 2);
});
