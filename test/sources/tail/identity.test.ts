import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, HEAD_BYTES, headOf, NO_HEAD, startsWithHead } from '../../../src/sources/tail/identity.ts';

test('a head is of the first 256 bytes, or of all there are', () => {
  const long = Buffer.alloc(1_000, 'a');
  assert.equal(headOf(long).length, HEAD_BYTES);
  assert.deepEqual(headOf(long), headOf(long.subarray(0, 256)));
  assert.equal(headOf(Buffer.from('short')).length, 5);
  assert.deepEqual(headOf(Buffer.alloc(0)), NO_HEAD);
});

test('a file that has grown still starts with its short head; a shorter or other one does not', () => {
  const head = headOf(Buffer.from('2026/11/21'));
  assert.equal(startsWithHead(Buffer.from('2026/11/21 03:14:15'), head), true);
  assert.equal(startsWithHead(Buffer.from('2026/11/2'), head), false);
  assert.equal(startsWithHead(Buffer.from('2026/11/22 03:14:15'), head), false);
  assert.equal(startsWithHead(Buffer.from('anything'), NO_HEAD), true);
});

test('a digest does not hold the bytes', () => {
  assert.match(digest(Buffer.from('GET /?token=secret')), /^[\w-]{16}$/);
  assert.equal(digest(Buffer.alloc(0)), '');
});
