import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSocketUser } from '../../src/sources/process-user.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('reads the file system uid, by which sockets are made', (t) => {
  const fake = new FakeProc(t)
    .write('7/status', 'Name:\tUid:\t9\t9\t9\t9\nState:\tS\nUid:\t0\t1\t2\t101\nGid:\t5\t6\t7\t8\n')
    .write('8/status', 'Name:\tx\n');
  const proc = openProcfs(fake.root);
  assert.equal(readSocketUser(proc, 7), 101);
  assert.equal(readSocketUser(proc, 8), undefined);
  assert.equal(readSocketUser(proc, 9), undefined);
});

test('the real /proc: our own', () => {
  assert.equal(readSocketUser(openProcfs('/proc'), process.pid), process.geteuid?.());
});
