import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findMasters } from '../../src/sources/nginx-discovery-master.ts';
import { FakeProc } from '../support/fake-proc.ts';

const OURS = '27 1 254:0 / / rw - ext4 /dev/vda rw\n';

function addProcess(proc: FakeProc, pid: string, title: string, mountinfo: string): void {
  proc.write(`${pid}/comm`, 'nginx\n').write(`${pid}/cmdline`, `${title}\0\0`).write(`${pid}/mountinfo`, mountinfo);
}

test('masters are told from workers and others, and by their root file system', (t) => {
  const proc = new FakeProc(t)
    .write('self/mountinfo', `5 4 0:99 / /proc rw\n${OURS}`)
    .write('1/mountinfo', '9 1 8:1 / / rw\n');
  addProcess(proc, '10', 'nginx: master process nginx -c /a.conf', OURS);
  addProcess(proc, '11', 'nginx: worker process', OURS);
  addProcess(proc, '12', 'nginx: master process nginx', '77 1 8:1 / / rw\n');
  addProcess(proc, '13', 'nginx: master process nginx', '88 1 0:123 / / rw\n');
  proc.write('14/comm', 'bash\n').write('15/cmdline', 'nginx: master process nginx').write('16/comm', 'nginx\n');
  const notes: string[] = [];
  const found = findMasters(proc.root, notes).map(({ pid, files }) => `${pid} ${files}`);
  assert.deepEqual(found.sort(), ['10 ours', '12 host', '13 other']);
  assert.deepEqual(notes, []);
});

test('a node with so many mounts that their list is longer than 1 MiB', (t) => {
  const more = `30 27 0:50 / /var/lib/containerd/${'x'.repeat(1000)} rw - overlay overlay rw\n`.repeat(1100);
  const proc = new FakeProc(t).write('self/mountinfo', OURS + more).write('1/mountinfo', OURS + more);
  addProcess(proc, '10', 'nginx: master process nginx', OURS + more);
  assert.deepEqual(
    findMasters(proc.root, []).map(({ files }) => files),
    ['ours'],
  );
});

test('root does not believe the title of an unprivileged user', {
  skip: process.geteuid?.() !== 0 && 'needs root',
}, (t) => {
  const proc = new FakeProc(t).write('self/mountinfo', OURS);
  addProcess(proc, '10', 'nginx: master process nginx -c /home/mallory/x.conf', OURS);
  chownSync(join(proc.root, '10'), 1234, 1234);
  const notes: string[] = [];
  assert.deepEqual(findMasters(proc.root, notes), []);
  assert.deepEqual(notes, ['nginx master 10 runs as another unprivileged user and is not believed by root']);
});

test('their number is bounded and said', (t) => {
  const proc = new FakeProc(t).write('self/mountinfo', OURS);
  for (let pid = 100; pid < 170; pid++) addProcess(proc, String(pid), 'nginx: master process nginx', OURS);
  const notes: string[] = [];
  assert.equal(findMasters(proc.root, notes).length, 64);
  assert.deepEqual(notes, ['more than 64 nginx masters: the rest is not looked at']);
});

test('no proc directory is no master', () => assert.deepEqual(findMasters('/nonexistent', []), []));
