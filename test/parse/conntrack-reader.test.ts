import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConntrackStats } from '../../src/parse/conntrack.ts';
import { ConntrackReader } from '../../src/parse/conntrack-reader.ts';
import { readFixture } from '../support/fake-proc.ts';

test('real capture: any choice of columns has the values that all have', () => {
  const text = readFixture('nf_conntrack');
  const all = parseConntrackStats(text);
  fc.assert(
    fc.property(fc.subarray([...all.totals.keys()]), (columns) => {
      const totals = new Map([...all.totals].filter(([column]) => columns.includes(column)));
      assert.deepEqual(new ConntrackReader(columns).read(text), { entries: 12, totals });
    }),
  );
});

test('any numbers of any CPUs: the sums that parseConntrackStats has', () => {
  const header = readFixture('nf_conntrack').split('\n', 1)[0];
  const { length } = header.split(/ +/);
  const reader = new ConntrackReader(['drop', 'insert_failed']);
  const row = fc.array(fc.nat(0xffff_ffff), { minLength: length, maxLength: length });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
      const lines = rows.map((values) => values.map((value) => value.toString(16).padStart(8, '0')).join(' '));
      const text = `${[header, ...lines].join('\n')}\n`;
      const { entries, totals } = parseConntrackStats(text);
      const found = reader.read(text);
      assert.deepEqual(
        [found.entries, found.totals.get('drop'), found.totals.get('insert_failed'), found.totals.size],
        [entries, totals.get('drop'), totals.get('insert_failed'), 2],
      );
    }),
  );
});

test('by name also when the header changes; a column that the kernel lacks is missing', () => {
  const reader = new ConntrackReader(['drop', 'insert_failed']);
  const one = reader.read(
    'drop  entries insert_failed new\n00000001  0000012C 0000000f 00\n0000020c  0000012c 00000001 00\n',
  );
  assert.deepEqual(one, { entries: 300, totals: new Map(Object.entries({ drop: 525, insert_failed: 16 })) });
  assert.deepEqual(reader.read('entries drop\n01 02 03'), { entries: 1, totals: new Map([['drop', 2]]) });
});

test('what is no such table is an error', () => {
  const reader = new ConntrackReader(['drop']);
  const bad = ['', 'entries drop\n', 'found drop\n01 02\n', 'entries drop\n01\n', 'entries drop\n01 zz\n'];
  for (const text of [...bad, 'entries drop\n01 02x\n', 'entries drop\n01\n02\n']) {
    assert.throws(() => reader.read(text), /^Error: nf_conntrack: /, JSON.stringify(text));
  }
});

test('any text: a result or an error that says nf_conntrack, never a NaN', () => {
  const word = fc.constantFrom('entries', 'drop', '00000001', 'ff', '\n', ' ', '', '__proto__', 'x');
  const reader = new ConntrackReader(['drop', '__proto__']);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
      ),
      (text) => {
        try {
          const { entries, totals } = reader.read(text);
          assert.ok(Number.isFinite(entries) && [...totals.values()].every(Number.isFinite));
        } catch (error) {
          assert.match((error as Error).message, /^nf_conntrack: /);
        }
      },
    ),
  );
});
