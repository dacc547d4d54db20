import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { netnsMissing } from '../support/netns.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout } from '../support/programs.ts';
import { cgroupsMissing, TestCgroup } from '../support/test-cgroup.ts';

const skip = netnsMissing() || cgroupsMissing() || skipWithout('nginx', 'setpriv', 'unshare', 'nsenter');
const HTTP = `server { listen 8080; location / { proxy_pass http://10.0.0.1:8080; } }
server { listen unix:SOCKET; }`;

interface Audited {
  readonly name: string;
  readonly findings: readonly { rule: string; message: string; place: { sysctl?: string; line?: number } }[];
  readonly not_checked: readonly { rule: string; why: string }[];
}

/** A real nginx in a network namespace with somaxconn 77 and a cgroup of one CPU, whose files all may read. */
async function gateway(t: TestContext): Promise<RunningNginx> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-audit-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, 'up.sock');
  const nginx = await startNginx({
    ...{ http: HTTP.replace('SOCKET', socket), listen: socket, workers: 4, name: `audit-${process.pid}` },
    events: 'worker_connections 600;',
    namespace: ['echo 77 > /proc/sys/net/core/somaxconn', 'ulimit -n 500'],
  });
  t.after(() => nginx.stop());
  chmodSync(nginx.directory, 0o755);
  const cgroup = new TestCgroup(t, 'gateway');
  cgroup.limitCpu(1);
  cgroup.add(nginx.pid);
  // Before the cgroup is removed.
  t.after(() => nginx.stop());
  return nginx;
}

function auditAs(command: readonly string[], nginx: RunningNginx): Audited {
  const [program, ...args] = [...command, process.execPath, 'src/main.ts', 'audit', '--json'];
  const { stdout, status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  assert.ok(status === 1 || status === 2, stderr);
  const all: { configurations: Audited[] } = JSON.parse(stdout);
  const own = all.configurations.find(({ name }) => name.startsWith(nginx.directory));
  assert.ok(own, stderr);
  return own;
}

const of = ({ findings }: Audited, rule: string) =>
  findings.filter((one) => one.rule === rule).map((one) => one.message);
const why = ({ not_checked }: Audited, rule: string) => not_checked.find((one) => one.rule === rule)?.why;

test('as uid 65534 from outside: cgroup and limits of the process, and no parameter of another namespace', {
  skip,
}, async (t) => {
  const nginx = await gateway(t);
  const own = auditAs(asNobody(), nginx);
  assert.match(
    of(own, 'workers_above_cpu_limit').join(),
    /worker_processes 4 starts 4 workers and the CPU limit is 1:/,
  );
  assert.match(of(own, 'rlimit_nofile_low').join(), /inherit is 500 and worker_connections is 600: .* needs 1200/);
  assert.deepEqual(of(own, 'backlog_below_somaxconn'), []);
  assert.match(why(own, 'backlog_below_somaxconn')!, /net\.core\.somaxconn: it runs in another network namespace/);
  assert.match(why(own, 'port_range_narrow')!, /another network namespace/);
});

test('as uid 65534 in the namespace of the gateway: the backlog that the kernel cut', { skip }, async (t) => {
  const nginx = await gateway(t);
  const own = auditAs(['nsenter', `--net=/proc/${nginx.pid}/ns/net`, ...asNobody()], nginx);
  assert.deepEqual(of(own, 'backlog_below_somaxconn'), [
    'listen 0.0.0.0:8080 has backlog 511 (the default) and net.core.somaxconn is 77: the accept queue holds 77, the kernel cuts the backlog',
  ]);
  const queue = execFileSync('nsenter', [`--net=/proc/${nginx.pid}/ns/net`, 'ss', '-Hltn'], { encoding: 'utf8' });
  assert.match(queue, /^LISTEN +\d+ +77 +0\.0\.0\.0:8080 /m);
  assert.equal(why(own, 'port_range_narrow'), undefined);
});

test('the unit as uid 65534: the same findings as series; a configuration that it may not read is not permitted', {
  skip,
}, async (t) => {
  const nginx = await gateway(t);
  const path = join(nginx.directory, `audit-${process.pid}.conf`);
  const poll = () => {
    const config = JSON.stringify({ files: [{ path, gateway: 'edge' }] });
    const [program, ...args] = [...asNobody(), process.execPath, 'test/support/run-audit.ts', config];
    return JSON.parse(execFileSync(program, args, { encoding: 'utf8', timeout: 60_000 })) as {
      outcome: { state: string };
      samples: string[];
    };
  };
  const { outcome, samples } = poll();
  assert.equal(outcome.state, 'ok');
  const value = (rule: string) =>
    samples.find((line) => line.includes(`gateway="edge",rule="${rule}",severity="warning"`))?.split(' ')[1];
  assert.equal(value('workers_above_cpu_limit'), '1');
  assert.equal(value('rlimit_nofile_low'), '1');
  assert.equal(value('websocket_headers_global'), '0');
  assert.equal(value('backlog_below_somaxconn'), undefined);
  chmodSync(path, 0o600);
  const denied = poll();
  assert.equal(denied.outcome.state, 'not_permitted');
  assert.deepEqual(
    denied.samples.filter((line) => line.startsWith('badgateway_audit')),
    [],
  );
});
