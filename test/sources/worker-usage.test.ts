import assert from 'node:assert/strict';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openProcfs } from '../../src/sources/procfs.ts';
import { readOpenFds, readProportionalBytes, readUsage } from '../../src/sources/worker-usage.ts';
import { FakeProc } from '../support/fake-proc.ts';

const real = openProcfs('/proc');
const isShown = readOpenFds(real, process.pid) !== null;

test('our own memory and limit', () => {
  const { residentBytes, openFdsLimit } = readUsage(real, process.pid);
  const { rss } = process.memoryUsage();
  assert.ok(residentBytes !== null && residentBytes > rss / 2 && residentBytes < rss * 2, `${residentBytes} ${rss}`);
  assert.ok(openFdsLimit !== null && openFdsLimit >= 10);
  const pss = readProportionalBytes(real, process.pid);
  assert.ok(typeof pss === 'number' && pss > 0 && pss <= rss * 2, `${pss}`);
});

test('how many files we have open', { skip: isShown ? false : 'needs Linux 6.2' }, () => {
  const before = readOpenFds(real, process.pid) ?? 0;
  const files = [1, 2, 3].map(() => openSync('/dev/null', 'r'));
  assert.equal(readOpenFds(real, process.pid), before + files.length);
  for (const file of files) closeSync(file);
  assert.equal(readOpenFds(real, process.pid), before);
});

test('a process that is gone, and what the kernel does not say, is null', (t) => {
  const nothing = { residentBytes: null, openFds: null, openFdsLimit: null };
  const fake = new FakeProc(t).write('7/status', 'Name:\tnginx\nThreads:\t1\n');
  fake.write(
    '7/limits',
    'Limit  Soft Limit  Hard Limit  Units\nMax open files            unlimited    unlimited    files\n',
  );
  assert.deepEqual(readUsage(openProcfs(fake.root), 7), nothing);
  assert.deepEqual(readUsage(openProcfs(fake.root), 8), nothing);
  assert.equal(readProportionalBytes(openProcfs(fake.root), 7), null);
});

test('a name with a line of its own in it does not pass for a number', (t) => {
  // The kernel writes a newline in a name as \n (proc_task_name in fs/proc/array.c).
  const fake = new FakeProc(t).write('7/status', 'Name:\tx\\nVmRSS:\t1 kB\nVmRSS:\t     300 kB\n');
  assert.equal(readUsage(openProcfs(fake.root), 7).residentBytes, 300 * 1024);
});

test('what may not be read of it is told apart', (t) => {
  const fake = new FakeProc(t).write('7/smaps_rollup', 'Pss:                 12 kB\nPss_Dirty:            8 kB\n');
  assert.equal(readProportionalBytes(openProcfs(fake.root), 7), 12 * 1024);
  for (const directory of [join(fake.root, '..'), fake.root]) chmodSync(directory, 0o755);
  chmodSync(join(fake.root, '7/smaps_rollup'), 0);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    assert.equal(readProportionalBytes(openProcfs(fake.root), 7), 'denied');
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
