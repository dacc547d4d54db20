import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, TAIL_BYTES } from '../../../src/sources/tail/identity.ts';
import { ReadTail } from '../../../src/sources/tail/read-tail.ts';

const TEXT = Buffer.from('0123456789'.repeat(20));

test('the last bytes before the offset, as many as there are', () => {
  const tail = new ReadTail(0, '');
  assert.deepEqual([tail.length, tail.isKnown, tail.begins(TEXT), tail.digest()], [0, true, true, '']);
  tail.moveTo(TEXT, 5);
  assert.deepEqual([tail.length, tail.digest()], [5, digest(Buffer.from('01234'))]);
  assert.deepEqual([tail.begins(TEXT), tail.begins(TEXT.subarray(1))], [true, false]);
  tail.moveTo(TEXT, 105);
  assert.equal(tail.length, TAIL_BYTES);
  assert.equal(tail.digest(), digest(TEXT.subarray(105 - TAIL_BYTES, 105)));
  tail.clear();
  assert.deepEqual([tail.length, tail.begins(TEXT)], [0, true]);
});

test('of what somebody else has read only the digest is known, until it was read', () => {
  const expected = digest(TEXT.subarray(0, TAIL_BYTES));
  const tail = new ReadTail(1000, expected);
  assert.deepEqual([tail.length, tail.isKnown, tail.digest()], [TAIL_BYTES, false, expected]);
  assert.deepEqual([tail.begins(TEXT.subarray(1)), tail.isKnown], [false, false]);
  assert.deepEqual([tail.begins(TEXT), tail.isKnown, tail.digest()], [true, true, expected]);
  assert.equal(tail.begins(TEXT.subarray(1)), false);
});
