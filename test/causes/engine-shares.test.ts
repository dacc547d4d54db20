import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { StormShares } from '../../src/causes/engine-shares.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { CAUSES } from '../../src/contract/names.ts';
import { refused } from './engine-rig.ts';

const storm = (count: number) => refused({ symptom: 'no_live_upstreams', count });
const chargesOf = (weights: readonly number[]) =>
  weights.map((weight, index) => ({ cause: CAUSES[index], upstream: UNKNOWN_UPSTREAM, weight, evidence: [] }));

describe('StormShares', () => {
  it('shows the same shares in many small storms as in a big one', () => {
    const shares = new StormShares();
    const sums = [0, 0];
    for (let i = 0; i < 100; i++) {
      for (const [index, part] of shares.split(storm(1), chargesOf([60, 40])).entries()) sums[index] += part;
    }
    assert.deepEqual(sums, [60, 40]);
    assert.deepEqual(new StormShares().split(storm(100), chargesOf([60, 40])), [60, 40]);
  });

  it('owes nothing to one storm for another', () => {
    const shares = new StormShares();
    assert.deepEqual(shares.split(storm(1), chargesOf([6, 4])), [1, 0]);
    const other = { ...storm(1), subject: { ...storm(1).subject, gateway: 'other' } };
    assert.deepEqual(shares.split(other, chargesOf([6, 4])), [1, 0]);
    assert.deepEqual(shares.split(storm(1), chargesOf([6, 4])), [0, 1]);
  });

  it('gives out every count exactly, and no charge is ever far from its share', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 200 });
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(counts, weights, (all, list) => {
        const shares = new StormShares();
        const given = list.map(() => 0);
        let total = 0;
        for (const count of all) {
          const parts = shares.split(storm(count), chargesOf(list));
          assert.equal(
            parts.reduce((sum, part) => sum + part, 0),
            count,
          );
          for (const [index, part] of parts.entries()) {
            assert.ok(Number.isInteger(part) && part >= 0);
            given[index] += part;
          }
          total += count;
        }
        const sum = list.reduce((all, weight) => all + weight, 0);
        for (const [index, weight] of list.entries()) {
          assert.ok(Math.abs(given[index] - (total * weight) / sum) < list.length + 1);
        }
      }),
    );
  });
});
