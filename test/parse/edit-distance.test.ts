import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, mostTypos, nearestNames } from '../../src/parse/edit-distance.ts';

test('letters left out, put in, replaced and swapped are one each', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['postgress', 'postgres', 1],
    ['postgre', 'postgres', 1],
    ['pastgres', 'postgres', 1],
    ['psotgres', 'postgres', 1],
    ['cart', 'cart', 0],
    ['', 'abc', 3],
    ['abcd', 'badc', 2],
    ['kitten', 'sitting', 3],
  ];
  for (const [one, other, distance] of cases) {
    assert.equal(editDistance(one, other, 3), distance, `${one} ${other}`);
    assert.equal(editDistance(other, one, 3), distance, `${other} ${one}`);
  }
});

test('what is further away than asked, or too long, is null', () => {
  assert.equal(editDistance('cart', 'checkout', 3), null);
  assert.equal(editDistance('cart', 'pyxo', 3), null);
  assert.equal(editDistance('abcd', 'badc', 1), null);
  assert.equal(editDistance('a'.repeat(129), 'a'.repeat(129), 3), null);
  assert.equal(editDistance('a'.repeat(128), 'a'.repeat(128), 0), 0);
});

test('agrees with the plain definition on many short words', () => {
  const plain = (a: string, b: string): number => {
    const memo = new Map<string, number>();
    const at = (i: number, j: number): number => {
      if (i === 0 || j === 0) return i + j;
      const key = `${i} ${j}`;
      const known = memo.get(key);
      if (known !== undefined) return known;
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(i - 2, j - 2) + 1);
      memo.set(key, least);
      return least;
    };
    return at(a.length, b.length);
  };
  const words = Array.from({ length: 120 }, (_, n) => (n * 7919).toString(3).replaceAll('0', 'c'));
  for (const one of words)
    for (const other of words)
      for (const most of [0, 1, 3]) {
        const distance = plain(one, other);
        assert.equal(editDistance(one, other, most), distance <= most ? distance : null, `${one} ${other} ${most}`);
      }
});

test('the nearest first, then by name; short names must be nearer', () => {
  const names = ['postgres', 'postgrest', 'postgresql', 'redis', 'postgres'];
  assert.deepEqual(nearestNames('postgress', names, 3), ['postgres', 'postgrest', 'postgresql']);
  assert.deepEqual(nearestNames('postgress', names, 1), ['postgres']);
  assert.deepEqual(nearestNames('xyz', ['abc', 'xyy', 'xy'], 3), ['xy', 'xyy']);
  assert.deepEqual(
    [mostTypos('a'), mostTypos('cart'), mostTypos('postgres'), mostTypos('a-long-name-of-all')],
    [1, 1, 2, 3],
  );
  assert.deepEqual(nearestNames('cart', [], 3), []);
});
