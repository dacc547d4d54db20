import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AUDIT_RULES } from '../../src/audit/rules/index.ts';
import { audit } from '../../src/collectors/audit.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { startUnit } from '../support/poll.ts';

const HERE = '1 1 0:30 / / rw\n';
const GATEWAY = 'namespace="",pod="",container="",gateway="nginx"';
const CONF = `worker_processes 2; worker_shutdown_timeout 60s; worker_rlimit_nofile 4096;
events { worker_connections 1024; }
http { proxy_read_timeout 3600s; server { listen 80; location / { proxy_pass http://10.0.0.1:8080; } } }`;

/** A master with our own root and network, and its configuration in `directory`. */
function machine(t: TestContext) {
  const files = new FakeProc(t, 'etc').write('nginx.conf', CONF);
  const proc = new FakeProc(t).namespace('self').shareNamespace('10', 'self');
  for (const who of ['self', '1', '10']) proc.write(`${who}/mountinfo`, HERE);
  proc.write('10/comm', 'nginx\n').write('10/cmdline', `nginx: master process nginx -c ${files.root}/nginx.conf\0`);
  proc.write('10/stat', `10 (nginx) S 1 ${'0 '.repeat(17)}1000 1 1\n`);
  proc.write('10/limits', 'Max open files 1024 1024 files\n').write('sys/net/core/somaxconn', '4096\n');
  return { files, proc };
}

const finding = (rule: string, severity = 'warning', gateway = GATEWAY) =>
  `badgateway_audit_findings{${gateway},rule="${rule}",severity="${severity}"}`;

test('findings of a running configuration, 0 where nothing was found, no series where nothing is known', async (t) => {
  const { proc } = machine(t);
  const unit = await startUnit(audit, {}, { proc: proc.root });
  assert.equal((await unit.poll()).state, 'ok');
  const samples = new Map((await unit.samples()).map((line) => line.split(' ') as [string, string]));
  assert.equal(samples.get(finding('long_timeouts')), '1');
  assert.equal(samples.get(finding('long_timeouts', 'info')), '0');
  assert.equal(samples.get(finding('backlog_below_somaxconn')), '1');
  assert.equal(samples.get(finding('shutdown_timeout_absent')), '0');
  assert.equal(samples.get(finding('rlimit_nofile_low')), '0');
  // Neither its cgroup nor the tables of conntrack are there to read.
  for (const rule of ['workers_above_cpu_limit', 'conntrack_buckets_low', 'port_range_narrow'])
    assert.equal(samples.has(finding(rule)), false, rule);
  assert.equal(samples.get(`badgateway_audit_unchecked_rules{${GATEWAY}}`), '4');
  const rules = new Set([...samples.keys()].flatMap((key) => /rule="(\w+)"/.exec(key)?.[1] ?? []));
  assert.equal(rules.size, AUDIT_RULES.length - 4);
});

test('the next look replaces the last: what is fixed is 0, what is gone has no series', async (t) => {
  const { files, proc } = machine(t);
  const unit = await startUnit(audit, {}, { proc: proc.root });
  await unit.poll();
  files.write('nginx.conf', CONF.replace('3600s', '60s'));
  await unit.poll();
  assert.ok((await unit.samples()).includes(`${finding('long_timeouts')} 0`));
  proc.remove('10');
  const outcome = await unit.poll();
  assert.equal(outcome.state, 'absent');
  assert.match(outcome.detail, /no running nginx master is visible/);
  assert.deepEqual(await unit.samples('badgateway_audit'), []);
});

test('a scrape during a look sees the findings of the one before', async (t) => {
  const { proc } = machine(t);
  const unit = await startUnit(audit, {}, { proc: proc.root });
  await unit.poll();
  const before = await unit.samples('badgateway_audit');
  let isOver = false;
  const look = unit.poll().then(() => {
    isOver = true;
  });
  for (; !isOver; await new Promise(setImmediate)) assert.deepEqual(await unit.samples('badgateway_audit'), before);
  await look;
});

test('what it found is listed by the command, and the page says so', async (t) => {
  const { proc } = machine(t);
  const unit = await startUnit(audit, {}, { proc: proc.root });
  const { detail } = await unit.poll();
  assert.match(
    detail,
    /^\d+ warnings and \d+ hints, which badgateway audit lists; 4 rules could not look at everything$/,
  );
});

test('configured files, with labels of their own and the timeout of their backends', async (t) => {
  const { files, proc } = machine(t);
  const path = join(files.root, 'nginx.conf');
  files.write('nginx.conf', CONF.replace('3600s', '90s'));
  const config = { files: [{ path, gateway: 'edge', namespace: 'shop', pod: 'edge-1' }], backend_timeout: '60s' };
  const unit = await startUnit(audit, config, { proc: proc.root });
  await unit.poll();
  const labels = 'namespace="shop",pod="edge-1",container="",gateway="edge"';
  assert.ok((await unit.samples()).includes(`${finding('long_timeouts', 'warning', labels)} 1`));
  assert.deepEqual(
    unit.collector.targets?.().map(({ name, state }) => [name, state]),
    [[path, 'ok']],
  );
});

test('one that is not there is a failure with its name', async (t) => {
  const { proc } = machine(t);
  const unit = await startUnit(audit, { files: ['/nowhere/nginx.conf'] }, { proc: proc.root });
  await assert.rejects(unit.poll(), /cannot read nginx\.conf: ENOENT/);
});

test('nothing to audit', async (t) => {
  const { proc } = machine(t);
  const off = await startUnit(audit, { discover: false }, { proc: proc.root });
  assert.deepEqual(await off.poll(), { state: 'absent', detail: 'no configuration to audit: discovery is off' });
});

test('kernel parameters, each with the network namespace that it is of', async (t) => {
  const { proc } = machine(t);
  proc
    .write('sys/net/netfilter/nf_conntrack_max', '262144\n')
    .write('sys/net/ipv4/ip_local_port_range', '32768 60999\n');
  const unit = await startUnit(audit, {}, { proc: proc.root });
  const sysctls = async (one = unit) => {
    await one.poll();
    return one.samples('badgateway_sysctl');
  };
  assert.deepEqual(await sysctls(), [
    'badgateway_sysctl{name="net.core.somaxconn",netns="process"} 4096',
    'badgateway_sysctl{name="net.ipv4.ip_local_port_range_high",netns="process"} 60999',
    'badgateway_sysctl{name="net.ipv4.ip_local_port_range_low",netns="process"} 32768',
    'badgateway_sysctl{name="net.netfilter.nf_conntrack_max",netns="machine"} 262144',
  ]);
  // An agent in a pod of its own: its parameters are nobody's else.
  proc.remove('10');
  const agent = await startUnit(audit, {}, { proc: proc.root, root: '/host' });
  assert.deepEqual(await sysctls(agent), [
    'badgateway_sysctl{name="net.netfilter.nf_conntrack_max",netns="machine"} 262144',
  ]);
  // The same with the node's network.
  proc.shareNamespace('1', 'self');
  assert.match((await sysctls(agent)).join('\n'), /somaxconn",netns="host"} 4096/);
});
