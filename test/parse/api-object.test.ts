import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fieldsOf, listOf, textOf } from '../../src/parse/api-object.ts';

it('takes nothing for granted', () => {
  for (const odd of [null, undefined, 7, 'x']) assert.deepEqual(fieldsOf(odd), {});
  assert.deepEqual(fieldsOf({ a: 1 }), { a: 1 });
  assert.deepEqual([textOf('x'), textOf(1), textOf(null)], ['x', '', '']);
  assert.deepEqual([listOf([1, 2, 3], 2), listOf({ length: 3 }, 2), listOf(null, 2)], [[1, 2], [], []]);
});
