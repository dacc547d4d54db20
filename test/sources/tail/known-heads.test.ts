import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf } from '../../../src/sources/tail/identity.ts';
import { KnownHeads } from '../../../src/sources/tail/known-heads.ts';

const bytes = (text: string) => Buffer.from(text);

test('known is what was added, also when it has grown since', () => {
  const known = new KnownHeads();
  known.add(headOf(bytes('a'.repeat(300))));
  known.add(headOf(bytes('b'.repeat(100))));
  assert.equal(known.has(bytes('a'.repeat(500))), true);
  assert.equal(known.has(bytes('b'.repeat(100))), true);
  assert.equal(known.has(bytes(`${'b'.repeat(100)}more`)), true);
  assert.equal(known.has(bytes('b'.repeat(99))), false);
  assert.equal(known.has(bytes('c'.repeat(300))), false);
});

test('a few bytes do not make a longer file known', () => {
  const known = new KnownHeads();
  known.add(headOf(bytes('2026/11/21')));
  assert.equal(known.has(bytes('2026/11/21')), true);
  assert.equal(known.has(bytes('2026/11/21 03:14:15 [error]')), false);
});

test('the least recently added are forgotten, and what is saved comes back', () => {
  const known = new KnownHeads();
  for (let number = 0; number < 200; number += 1) known.add(headOf(bytes(`${number}`.padEnd(300))));
  assert.equal(known.save().length, 128);
  const restored = new KnownHeads();
  restored.restore(known.save());
  assert.equal(restored.has(bytes('199'.padEnd(300))), true);
  assert.equal(restored.has(bytes('10'.padEnd(300))), false);
});

test('anything may be restored', () => {
  for (const saved of [undefined, null, 7, {}, [1, null, 'x'.repeat(1_000)]]) {
    const known = new KnownHeads();
    known.restore(saved);
    assert.deepEqual(known.save(), []);
  }
});
