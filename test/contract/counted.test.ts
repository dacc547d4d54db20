import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted } from '../../src/contract/counted.ts';

test('one, and any other number', () => {
  assert.deepEqual([counted(0, 'log'), counted(1, 'log'), counted(2, 'log')], ['0 logs', '1 log', '2 logs']);
});
