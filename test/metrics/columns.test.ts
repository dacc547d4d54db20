import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BYTES, NO_FLOATS, NO_WORDS, withRoom } from '../../src/metrics/columns.ts';

test('a column grows with what is in it, and those that share the empty one keep it', () => {
  for (const empty of [NO_BYTES, NO_WORDS, NO_FLOATS]) {
    const first = withRoom(empty, 0);
    assert.equal(first.constructor, empty.constructor);
    assert.notEqual(withRoom(empty, 0), first, 'each one its own');
    assert.equal(withRoom(first, first.length - 1), first);
    first[3] = 7;
    const { length } = first;
    const second = withRoom(first, length);
    assert.equal(second.length, 2 * length);
    assert.equal(first.length, 0, 'nothing is left behind');
    assert.equal(second[3], 7);
    assert.equal(second[length], 0);
    assert.ok(withRoom(second, 1000).length > 1000);
    assert.equal(empty.length, 0);
  }
});
