import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSomaxconn } from '../../src/collectors/listeners-somaxconn.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('of the own network it is read; of others it is the default of the kernel, never our own value', (t) => {
  const fake = new FakeProc(t).write('sys/net/core/somaxconn', '77\n').write('sys/kernel/osrelease', '6.18.44-fc\n');
  const proc = openProcfs(fake.root);
  assert.deepEqual(readSomaxconn(proc, true), { value: 77, isAssumed: false });
  assert.deepEqual(readSomaxconn(proc, false), { value: 4096, isAssumed: true });
  for (const [release, value] of [
    ['5.4.0', 4096],
    ['5.3.18-lp152', 128],
    ['4.18.0-553.el8', 128],
    ['?', 4096],
  ] as const) {
    fake.write('sys/kernel/osrelease', release);
    assert.deepEqual(readSomaxconn(proc, false), { value, isAssumed: true });
  }
  fake.remove('sys/net');
  assert.deepEqual(readSomaxconn(proc, true), { value: 4096, isAssumed: true });
});
