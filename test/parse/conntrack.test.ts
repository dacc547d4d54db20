import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConntrackStats } from '../../src/parse/conntrack.ts';
import { readFixture } from '../support/fake-proc.ts';

test('real capture: entries are one total repeated per CPU', () => {
  const { entries, totals } = parseConntrackStats(readFixture('nf_conntrack'));
  assert.equal(entries, 12);
  assert.equal(totals.get('drop'), 0);
  assert.equal(totals.has('entries'), false);
  assert.equal(totals.has('clashres'), true);
});

test('the other columns are per CPU and summed, found by name in any order', () => {
  const { entries, totals } = parseConntrackStats(
    'drop  entries insert_failed new_column\n00000001  0000012c 0000000f 00000000\n0000020c  0000012c 00000001 00000000\n',
  );
  assert.equal(entries, 300);
  assert.equal(totals.get('drop'), 525);
  assert.equal(totals.get('insert_failed'), 16);
  assert.equal(totals.get('early_drop'), undefined);
});

test('an older kernel with more columns in a row than names is read by the names', () => {
  assert.equal(parseConntrackStats('entries drop\n01 02 03\n').totals.get('drop'), 2);
});

test('what is no such table is an error', () => {
  for (const text of ['', 'entries drop\n', 'found drop\n01 02\n', 'entries drop\n01\n', 'entries drop\n01 zz\n']) {
    assert.throws(() => parseConntrackStats(text), /^Error: nf_conntrack: /, JSON.stringify(text));
  }
});

test('any text: a result or an error that says nf_conntrack, never a NaN', () => {
  const word = fc.constantFrom('entries', 'drop', '00000001', 'ff', '\n', ' ', '', '__proto__', 'x');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
      ),
      (text) => {
        try {
          const { entries, totals } = parseConntrackStats(text);
          assert.ok(Number.isFinite(entries) && [...totals.values()].every(Number.isFinite));
        } catch (error) {
          assert.match((error as Error).message, /^nf_conntrack: /);
        }
      },
    ),
  );
});
