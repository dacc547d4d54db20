import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted } from '../../src/parse/nginx-conf-problem.ts';

test('a quoted part is short and on one line', () => {
  assert.equal(quoted('a b'), '"a b"');
  assert.equal(quoted('a\n\0b'), '"a  b"');
  assert.equal(quoted('x'.repeat(100)), `"${'x'.repeat(80)}..."`);
});
