import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetworkTable } from '../../../src/sources/node/network-table.ts';
import { ProcessTable } from '../../../src/sources/node/process-table.ts';
import { Slices } from '../../../src/sources/node/slices.ts';
import { openProcfs } from '../../../src/sources/procfs.ts';
import { FakeProc } from '../../support/fake-proc.ts';

const podCgroup = (digit: string) => `0::/kubepods/pod${digit.repeat(32)}/${digit.repeat(64)}\n`;

/** Processes that are settled at the second walk; a hundred more, so that the turn comes to one of them seldom. */
function setting(t: TestContext) {
  const proc = new FakeProc(t);
  const table = new ProcessTable(openProcfs(proc.root));
  const networks = new NetworkTable();
  let nowMs = 1_000_000;
  const write = (pid: number, comm: string, { ticks = pid, cgroup = '0::/\n', parent = 1 } = {}) =>
    proc
      .write(`${pid}/stat`, `${pid} (${comm}) S ${parent} ${'0 '.repeat(17)}${ticks} 1\n`)
      .write(`${pid}/cgroup`, cgroup);
  for (let pid = 100; pid < 200; pid++) write(pid, 'app').write(`${pid}/net/netstat`, '');
  const walk = async (ms = 5_000) => {
    nowMs += ms;
    const { processes } = await table.walk(nowMs, new Slices());
    return { processes, groups: networks.group(processes) };
  };
  return { proc, write, walk };
}

test('a dead process that nobody waits for is not of the network that got the inode of its own', async (t) => {
  const { proc, write, walk } = setting(t);
  for (const pid of [300, 301]) write(pid, 'old', { cgroup: podCgroup('a') });
  proc.write('300/net/netstat', '').shareNetwork('301', '300');
  const before = (await walk()).groups.at(-1);
  await walk(120_000);
  write(400, 'new', { cgroup: podCgroup('b') });
  proc.shareNetwork('400', '300');
  for (const pid of ['300', '301']) rmSync(join(proc.root, pid, 'net'), { recursive: true });
  const { groups } = await walk();
  const now = groups.find(({ identity }) => identity === before?.identity);
  assert.deepEqual(
    now?.processes.map(({ pid, podUid }) => [pid, podUid[0]]),
    [[400, 'b']],
  );
  assert.notEqual(now?.key, before?.key);
});

test('a script that becomes nginx after a minute is known by its workers', async (t) => {
  const { write, walk } = setting(t);
  write(300, 'sh').write('300/net/netstat', '');
  await walk();
  await walk(120_000);
  write(300, 'nginx');
  write(301, 'nginx', { parent: 300 }).write('301/net/netstat', '');
  await walk();
  assert.equal((await walk()).processes.get(300)?.comm, 'nginx');
});
