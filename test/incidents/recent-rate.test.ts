import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { RecentRate } from '../../src/incidents/recent-rate.ts';

it('is what the last 60 seconds had, in whatever order it is told', () => {
  const second = fc.integer({ min: 1_000_000, max: 1_000_200 });
  fc.assert(
    fc.property(fc.array(fc.tuple(second, fc.integer({ min: 1, max: 9 }))), second, (events, now) => {
      const rate = new RecentRate();
      for (const [at, count] of events) rate.add(at * 1000, count);
      const latest = Math.max(now, ...events.map(([at]) => at));
      const expected = events.filter(([at]) => at > latest - 60).reduce((sum, [, count]) => sum + count, 0);
      assert.equal(rate.perSecond(now * 1000), expected / 60);
    }),
  );
});

it('both together are their sum', () => {
  const [one, other] = [new RecentRate(), new RecentRate()];
  one.add(100_000, 6);
  other.add(50_000, 60);
  other.add(120_000, 30);
  one.absorb(other);
  assert.equal(one.perSecond(120_000), (6 + 30) / 60);
  assert.equal(one.perSecond(200_000), 0);
});
