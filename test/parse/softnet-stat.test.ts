import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSoftnetStat } from '../../src/parse/softnet-stat.ts';
import { readFixture } from '../support/fake-proc.ts';

test('real capture of two CPUs', () => {
  assert.deepEqual(parseSoftnetStat(readFixture('softnet_stat')), { dropped: 0, timeSqueezed: 0 });
});

test('rows are summed over CPUs, however many columns follow', () => {
  const text = '000000ed 0000000a 00000001 00000000\n000028be 00000006 0000000f\n';
  assert.deepEqual(parseSoftnetStat(text), { dropped: 16, timeSqueezed: 16 });
});

test('any other text is an error that says softnet_stat', () => {
  for (const text of ['1 2 3\n', '000000ed 0000000a\n', 'cpu dropped\n']) {
    assert.throws(() => parseSoftnetStat(text), /^Error: softnet_stat: /, text);
  }
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      try {
        assert.equal(Number.isFinite(parseSoftnetStat(text).dropped), true);
      } catch (error) {
        assert.match((error as Error).message, /^softnet_stat: /);
      }
    }),
  );
});
