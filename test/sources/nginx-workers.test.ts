import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { readProcessStat } from '../../src/sources/process-stat.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';

/** /proc/<pid>/stat with the fields that count here: state, parent, start. */
const stat = (pid: number, parent: number, start: number, state = 'S') =>
  `${pid} (ngi) nx() ${state} ${parent} ${pid} ${pid} 0 -1 4194624 1 0 0 0 0 0 0 0 20 0 1 0 ${start} 9000 200\n`;

function add(proc: FakeProc, title: string, line: string): void {
  const pid = line.split(' ', 1)[0];
  proc.write(`${pid}/stat`, line).write(`${pid}/cmdline`, `${title}\0\0`);
}

function tree(t: TestContext): FakeProc {
  const proc = new FakeProc(t);
  add(proc, 'nginx: master process nginx', stat(10, 1, 500));
  add(proc, 'nginx: worker process', stat(11, 10, 700));
  add(proc, 'nginx: worker process is shutting down', stat(12, 10, 501));
  add(proc, 'nginx: cache manager process', stat(13, 10, 700));
  add(proc, 'nginx: cache loader process', stat(14, 10, 700));
  add(proc, 'nginx: worker process', stat(15, 99, 700));
  return proc;
}

const EXPECTED = {
  startTicks: 500,
  workers: [
    { pid: 11, startTicks: 700, isDraining: false },
    { pid: 12, startTicks: 501, isDraining: true },
  ],
  channels: 4,
};

test('workers among the children of the main thread', (t) => {
  const proc = tree(t).write('10/task/10/children', '11 12 13 14 15 17 ');
  assert.deepEqual(readMaster(openProcfs(proc.root), 10), EXPECTED);
});

test('how many children have a channel is not known while one starts or has ended unnoticed', (t) => {
  const proc = tree(t);
  add(proc, 'nginx: master process nginx', stat(16, 10, 800));
  assert.deepEqual(readMaster(openProcfs(proc.root), 10), { ...EXPECTED, channels: null });
  add(proc, '', stat(16, 10, 800, 'Z'));
  assert.deepEqual(readMaster(openProcfs(proc.root), 10), { ...EXPECTED, channels: null });
  add(proc, 'sleep', stat(16, 10, 800));
  assert.deepEqual(readMaster(openProcfs(proc.root), 10), EXPECTED);
});

test('without the list of children every process is looked at', (t) => {
  assert.deepEqual(readMaster(openProcfs(tree(t).root), 10), EXPECTED);
});

test('no such process, and one that has just ended', (t) => {
  const proc = new FakeProc(t);
  add(proc, '', stat(20, 1, 5, 'Z'));
  assert.equal(readMaster(openProcfs(proc.root), 10), undefined);
  assert.equal(readMaster(openProcfs(proc.root), 20), undefined);
  assert.deepEqual(readProcessStat(openProcfs(proc.root), 20), {
    comm: 'ngi) nx(',
    parent: 1,
    startTicks: 5,
    isZombie: true,
  });
});
