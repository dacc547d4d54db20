import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockBuffer } from '../../../src/sources/tail/block-buffer.ts';

const LONGEST_LINE = 64 * 1024;

test('blocks are small, but longer than a line may be, until one was read quickly', () => {
  const buffer = new BlockBuffer(LONGEST_LINE);
  const small = buffer.bytes.length;
  assert.ok(small > LONGEST_LINE && small < 2 * LONGEST_LINE, `${small}`);
  buffer.took(small, 20);
  assert.equal(buffer.bytes.length, small);
  buffer.took(1_000, 0.1);
  assert.equal(buffer.bytes.length, small, 'a few lines say nothing of how quick many are');
  buffer.took(small, 0.5);
  assert.equal(buffer.bytes.length, 256 * 1024);
});

test('a block that took long is followed by small ones', () => {
  const buffer = new BlockBuffer(LONGEST_LINE);
  buffer.took(buffer.bytes.length, 0.5);
  const large = buffer.bytes.length;
  buffer.took(large, 5);
  assert.equal(buffer.bytes.length, large);
  buffer.took(large, 30);
  assert.ok(buffer.bytes.length < large);
});
