import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { known } from '../../src/audit/fact.ts';
import { type Runner, readFacts } from '../../src/collectors/audit-facts.ts';
import { CgroupTree } from '../../src/sources/cgroup.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { isOwnNetwork } from '../../src/sources/sysctl.ts';
import { FakeProc } from '../support/fake-proc.ts';

const LIMITS =
  'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files\n';
const MACHINE = {
  conntrackMax: 'net/netfilter/nf_conntrack_max',
  conntrackBuckets: 'net/netfilter/nf_conntrack_buckets',
};

/** Our own network namespace and one more; `/proc/sys/net` is ours. */
function machine(t: TestContext): FakeProc {
  const proc = new FakeProc(t).namespace('self').namespace('20').shareNamespace('10', 'self');
  proc.write('sys/net/core/somaxconn', '1024\n').write('sys/net/ipv4/ip_local_port_range', '1000\t2000\n');
  for (const [at, path] of Object.values(MACHINE).entries()) proc.write(`sys/${path}`, `${(at + 1) * 1000}\n`);
  return proc.write('stat', 'cpu  1 2\ncpu0 1 2\ncpu1 1 2\ncpu2 1 2\nintr 1\n');
}

async function read(proc: FakeProc, runner: Partial<Runner>) {
  const procfs = openProcfs(proc.root);
  const all = { pid: null, host: new HostFiles(proc.root), isInOurPod: false, ...runner };
  return readFacts(procfs, new CgroupTree(procfs), all);
}

const why = (fact: { isKnown: boolean; why?: string }) => (fact.isKnown ? 'known' : fact.why);

describe('facts of a running nginx', () => {
  it('kernel parameters of our own network namespace are known of who shares it', async (t) => {
    const facts = await read(machine(t), { pid: 10 });
    assert.deepEqual(facts.somaxconn, known(1024));
    assert.deepEqual(facts.localPorts, known({ low: 1000, high: 2000 }));
    assert.deepEqual([facts.conntrackMax, facts.conntrackBuckets], [known(1000), known(2000)]);
    assert.match(why(facts.conntrackEstablishedSeconds)!, /nf_conntrack_tcp_timeout_established cannot be read/);
  });

  it('of another one only what is one value for the machine', async (t) => {
    const facts = await read(machine(t), { pid: 20 });
    assert.match(
      why(facts.somaxconn)!,
      /^net\.core\.somaxconn: it runs in another network namespace, .*: run it there or give --assume$/,
    );
    assert.match(why(facts.localPorts)!, /another network namespace/);
    assert.deepEqual(facts.conntrackMax, known(1000));
  });

  it('a process that cannot be seen has no facts, but in our own pod it shares the namespace', async (t) => {
    const proc = machine(t);
    const facts = await read(proc, {});
    for (const name of [
      'somaxconn',
      'localPorts',
      'autoWorkers',
      'cpuLimit',
      'openFiles',
      'mounts',
      'nginxVersion',
    ] as const)
      assert.match(why(facts[name])!, /not visible/, name);
    assert.deepEqual((await read(proc, { isInOurPod: true })).somaxconn, known(1024));
    assert.match(why((await read(proc, { isInOurPod: true })).openFiles)!, /not visible/);
  });

  it('counts the CPUs of the machine', async (t) => {
    const proc = machine(t);
    assert.deepEqual((await read(proc, { pid: 10 })).autoWorkers, known(3));
    proc.write('stat', 'intr 1\n');
    assert.match(why((await read(proc, { pid: 10 })).autoWorkers)!, /cannot be counted/);
  });

  it('reads the limit of open files and the mounts of the master', async (t) => {
    const proc = machine(t).write('10/limits', LIMITS).write('10/mountinfo', '1 0 0:1 / / rw - overlay none rw\n');
    const facts = await read(proc, { pid: 10 });
    assert.deepEqual(facts.openFiles, known(1024));
    assert.deepEqual(facts.mounts, known([{ path: '/', root: '/', type: 'overlay' }]));
    proc.write('10/limits', LIMITS.replace('1024 ', 'unlimited '));
    assert.deepEqual((await read(proc, { pid: 10 })).openFiles, known(Number.POSITIVE_INFINITY));
    proc.remove('10/limits');
    assert.match(why((await read(proc, { pid: 10 })).openFiles)!, /cannot be read/);
  });

  it('finds the version in the program of the process, or by its path in its own files', async (t) => {
    const proc = machine(t).write('10/cmdline', 'nginx: master process /usr/sbin/nginx -g daemon off;\0');
    assert.match(why((await read(proc, { pid: 10 })).nginxVersion)!, /cannot be read/);
    proc.write('usr/sbin/nginx', '\0nginx version: nginx/1.24.0\n\0');
    assert.deepEqual((await read(proc, { pid: 10 })).nginxVersion, known('1.24.0'));
    proc.write('10/exe', '\0nginx version: nginx/1.29.7\n\0');
    assert.deepEqual((await read(proc, { pid: 10 })).nginxVersion, known('1.29.7'));
    proc.write('10/exe', '\0nginx version: openresty/1.27.1\n\0');
    assert.match(why((await read(proc, { pid: 10 })).nginxVersion)!, /not plain nginx/);
  });

  it('a namespace that is not shown is not ours', (t) => {
    const proc = openProcfs(machine(t).root);
    assert.equal(isOwnNetwork(proc, 10), true);
    assert.equal(isOwnNetwork(proc, 20), false);
    assert.equal(isOwnNetwork(openProcfs(new FakeProc(t).root), 10), false);
  });
});
