import assert from 'node:assert/strict';
import { it } from 'node:test';
import { behindLast, behindListStart, byteAfter, listEnd } from '../../../src/parse/access-log/ends.ts';

it('finds a byte both ways within limits', () => {
  const text = Buffer.from('a|b|c');
  assert.deepEqual([byteAfter(text, 0, 5, 124), byteAfter(text, 2, 5, 124), byteAfter(text, 2, 3, 124)], [1, 3, -1]);
  assert.deepEqual([behindLast(text, 5, 0, 124), behindLast(text, 3, 0, 124), behindLast(text, 3, 2, 124)], [4, 2, -1]);
});

for (const [list, rest] of [
  ['a', ' b'],
  ['a, b', ' c, d'],
  ['a : b', ' :c'],
  ['a, b : c', ' d'],
  ['a : ', ' b'],
  ['', ' b'],
] as const) {
  it(`"${list}" ends before "${rest}"`, () =>
    assert.equal(listEnd(Buffer.from(`, ${list}${rest}`), 2, 2 + list.length + rest.length), 2 + list.length));
}

it('a list may have no end', () => assert.equal(listEnd(Buffer.from('a, b : c'), 0, 8), -1));

for (const [rest, list] of [
  ['x ', 'a'],
  ['x ', 'a, b'],
  ['x ', 'a, b : c'],
  ['9 ', ''],
] as const) {
  it(`"${list}" begins behind "${rest}"`, () =>
    assert.equal(behindListStart(Buffer.from(`${rest}${list}`), rest.length + list.length, 0), rest.length));
}

it('a list may have no beginning', () => assert.equal(behindListStart(Buffer.from('a, b'), 4, 0), -1));
