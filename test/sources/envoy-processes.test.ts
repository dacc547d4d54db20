import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEnvoys } from '../../src/sources/envoy-processes.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('finds processes by their name, not what is called like them', (t) => {
  const fake = new FakeProc(t);
  const names = { 7: 'envoy', 8: 'envoy-sds', 9: 'nginx', 10: 'envoy', self: 'envoy' };
  for (const [pid, name] of Object.entries(names)) fake.write(`${pid}/comm`, `${name}\n`);
  fake.write('11/stat', '');
  const notes: string[] = [];
  assert.deepEqual(findEnvoys(fake.root, notes).sort(), [10, 7]);
  assert.deepEqual(notes, []);
});

test('takes 64 at most and says so', (t) => {
  const fake = new FakeProc(t);
  for (let pid = 100; pid < 165; pid++) fake.write(`${pid}/comm`, 'envoy\n');
  const notes: string[] = [];
  assert.equal(findEnvoys(fake.root, notes).length, 64);
  assert.deepEqual(notes, ['more than 64 Envoys: the rest is not looked at']);
});

test('no proc, no Envoy', () => {
  assert.deepEqual(findEnvoys('/nonexistent', []), []);
});
