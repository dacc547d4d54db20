import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytes, createSearch, find, standsAt } from '../../src/parse/bytes.ts';

test('standsAt reads past the end as no', () => {
  assert.equal(standsAt(bytes('abc'), 1, bytes('bc')), true);
  assert.equal(standsAt(bytes('abc'), 2, bytes('cd')), false);
});

test('find and createSearch agree with indexOf on any text of few letters', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(text, pattern, fc.nat(60), fc.nat(60), (haystack, needle, a, b) => {
      const [from, end] = [Math.min(a, b, haystack.length), Math.min(Math.max(a, b), haystack.length)];
      const index = haystack.slice(0, end).indexOf(needle, from);
      const buffer = bytes(haystack);
      assert.equal(find(buffer, from, end, bytes(needle)), index);
      assert.equal(createSearch(needle)(buffer, from, end), index);
    }),
  );
});
