import assert from 'node:assert/strict';
import { it } from 'node:test';
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
  const odd = [-1, 0, 0.0004, 0.0005, 0.001, 0.0010001, 0.57, 16.3835, 16.384, 16.385, 1e6];
  for (const bounds of [DURATION_BUCKETS, odd, []]) {
    const buckets = new TimeBuckets(bounds);
    for (let ms = 0; ms < 100_000; ms++) {
      const found = bounds.findIndex((bound) => ms / 1000 <= bound);
      assert.equal(buckets.of(ms), found < 0 ? bounds.length : found, `${ms} ms`);
    }
  }
});

it('wants bounds that ascend', () => assert.throws(() => new TimeBuckets([1, 1])));
