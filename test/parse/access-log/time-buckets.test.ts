import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { DURATION_BUCKETS } from '../../../src/contract/traffic.ts';
import { TimeBuckets } from '../../../src/parse/access-log/time-buckets.ts';

it('puts a time on a bound below it, as histograms do', () => {
  const buckets = new TimeBuckets([0.005, 0.57, 60]);
  assert.deepEqual(
    [0, 5, 6, 570, 571, 60_000, 60_001, 1e9].map((ms) => buckets.of(ms)),
    [0, 0, 1, 1, 2, 2, 3, 3],
  );
  assert.equal(buckets.count, 4);
});

it('is what comparing gives', () => {
  const buckets = new TimeBuckets(DURATION_BUCKETS);
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), (ms) => {
      const found = DURATION_BUCKETS.findIndex((bound) => ms / 1000 <= bound);
      assert.equal(buckets.of(ms), found < 0 ? DURATION_BUCKETS.length : found);
    }),
  );
});

it('wants bounds that ascend', () => assert.throws(() => new TimeBuckets([1, 1])));
