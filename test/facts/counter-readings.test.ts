import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { CounterReadings } from '../../src/facts/counter-readings.ts';

function readingsOf(...pairs: readonly (readonly [atMs: number, value: number])[]): CounterReadings {
  const readings = new CounterReadings();
  for (const [atMs, value] of pairs) readings.read(value, atMs);
  return readings;
}

describe('CounterReadings', () => {
  it('tells the growth from before the first failure to after the last', () => {
    const readings = readingsOf([0, 5], [5_000, 5], [10_000, 5], [15_000, 9], [20_000, 12]);
    assert.deepEqual(readings.around(11_000, 12_000, 13_000), { fromMs: 10_000, toMs: 15_000, before: 5, after: 9 });
    assert.deepEqual(readings.around(6_000, 7_000, 8_000), { fromMs: 6_000, toMs: 10_000, before: 5, after: 5 });
    assert.deepEqual(readings.around(2_000, 15_000, 16_000), { fromMs: 2_000, toMs: 20_000, before: 5, after: 12 });
  });

  it('does not know what was not read: after, before, over a reset', () => {
    assert.equal(readingsOf([0, 5]).around(0, 1, 2), 'late');
    assert.equal(readingsOf([10, 5], [20, 6]).around(0, 9, 15), 'begun');
    assert.deepEqual(readingsOf([10, 5], [20, 6]).around(0, 10, 15), { fromMs: 10, toMs: 20, before: 5, after: 6 });
    assert.equal(readingsOf([0, 5], [10, 1], [20, 3]).around(0, 5, 15), 'begun');
    assert.equal(new CounterReadings().around(0, 1, 2), 'late');
    assert.equal(readingsOf([100, 5], [50, 6]).around(40, 45, 50), 'begun', 'the clock was set back');
  });

  it('tells the growth during attempts: from their beginning, or from the first reading after it', () => {
    const readings = readingsOf([0, 5], [5_000, 5], [10_000, 9], [15_000, 12]);
    const beganWhileItStood = { fromMs: 3_000, toMs: 15_000, before: 5, after: 12 };
    assert.deepEqual(readings.during(3_000, 12_000, 13_000), beganWhileItStood);
    assert.deepEqual(readings.during(5_000, 12_000, 13_000), { ...beganWhileItStood, fromMs: 5_000 });
    assert.deepEqual(readings.during(6_000, 12_000, 13_000), { fromMs: 10_000, toMs: 15_000, before: 9, after: 12 });
    assert.equal(readings.during(6_000, 9_000, 13_000), 'begun', 'nobody read meanwhile');
    assert.equal(readings.during(6_000, 12_000, 16_000), 'late');
  });

  it('is right whatever was read, and forgets after 100 s', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 0, 0, 1, 7));
    const span = fc.tuple(fc.nat(100), fc.nat(30));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), span, (steps, [backS, longS]) => {
        let [atMs, value] = [0, 0];
        const all = steps.map(([afterS, by]) => {
          [atMs, value] = [atMs + afterS * 1_000, value + by];
          return [atMs, value] as const;
        });
        const readings = readingsOf(...all);
        const toMs = atMs - (backS * 1_000) / 4;
        const fromMs = toMs - longS * 1_000;
        const before = all.findLast(([when]) => when <= fromMs);
        const after = all.find(([when]) => when >= toMs)!;
        const found = readings.around(fromMs, fromMs, toMs);
        if (before === undefined) assert.equal(found, 'begun');
        else if (found !== 'begun') {
          assert.ok(typeof found === 'object' && found.fromMs <= fromMs && found.toMs >= toMs);
          assert.deepEqual([found.before, found.after], [before[1], after[1]]);
        } else assert.ok(atMs - before[0] > 100_000);
      }),
      { numRuns: 500 },
    );
  });
});
