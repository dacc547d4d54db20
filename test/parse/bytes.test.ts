import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytes, createSearch, find, standsAt, viewOf, wordOf } from '../../src/parse/bytes.ts';

test('standsAt reads past the end as no', () => {
  assert.equal(standsAt(bytes('abc'), 1, bytes('bc')), true);
  assert.equal(standsAt(bytes('abc'), 2, bytes('cd')), false);
});

test('find agrees with indexOf on any text of few letters', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(text, pattern, fc.nat(60), fc.nat(60), (haystack, needle, a, b) => {
      const [from, end] = [Math.min(a, b, haystack.length), Math.min(Math.max(a, b), haystack.length)];
      const index = haystack.slice(0, end).indexOf(needle, from);
      const buffer = bytes(haystack);
      assert.equal(find(buffer, from, end, bytes(needle)), index);
    }),
  );
});

const fieldsText = fc
  .array(fc.constantFrom(', ', 'host', ': "', ', host: "', 'x', '"'), { maxLength: 20 })
  .map((parts) => parts.join(''));

test('a search agrees with indexOf', () => {
  const search = createSearch(', host: "');
  fc.assert(
    fc.property(fieldsText, fc.nat(120), fc.nat(120), (haystack, a, b) => {
      const [from, end] = [Math.min(a, b, haystack.length), Math.min(Math.max(a, b), haystack.length)];
      assert.equal(search(bytes(haystack), from, end), haystack.slice(0, end).indexOf(', host: "', from));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern is found wherever it stands', () => {
  const field = ', upstream: "';
  const search = createSearch(field);
  for (let at = 0; at < 60; at++) {
    const line = bytes(`${'x'.repeat(at)}${field}rest`);
    assert.equal(search(line, 0, line.length), at);
    assert.equal(search(line, at + 1, line.length), -1);
    assert.equal(search(line, 0, at + field.length - 1), -1);
  }
});

test('a view is of the buffer it was asked for, also when two take turns', () => {
  const [one, two] = [Buffer.from('__abcd').subarray(2), bytes('wxyz')];
  for (let turn = 0; turn < 2; turn++) {
    assert.equal(viewOf(one).getInt32(0, true), wordOf('abcd'));
    assert.equal(viewOf(two).getInt32(0, true), wordOf('wxyz'));
  }
  assert.equal(wordOf('abcd'), 0x64636261);
});
