import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { apportion } from '../../src/parse/apportion.ts';

describe('apportion', () => {
  it('splits by largest remainder, ties to the earlier', () => {
    assert.deepEqual(apportion(10, [1, 1, 1]), [4, 3, 3]);
    assert.deepEqual(apportion(7, [5, 0, 2]), [5, 0, 2]);
    assert.deepEqual(apportion(1, [1, 3]), [0, 1]);
    assert.deepEqual(apportion(5, [0, 0]), [0, 0]);
    assert.deepEqual(apportion(5, []), []);
  });

  it('sums to the total and gives nothing to a weight of 0', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), weights, (total, list) => {
        const parts = apportion(total, list);
        const expected = list.some((weight) => weight > 0) ? total : 0;
        assert.equal(
          parts.reduce((sum, part) => sum + part, 0),
          expected,
        );
        parts.forEach((part, index) => {
          assert.ok(Number.isInteger(part) && part >= 0);
          if (list[index] === 0) assert.equal(part, 0);
        });
      }),
    );
  });
});
