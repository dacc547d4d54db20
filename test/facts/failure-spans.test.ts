import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { FailureSpans } from '../../src/facts/failure-spans.ts';

it('counts what happened between two moments', () => {
  const spans = new FailureSpans();
  assert.equal(spans.add(1_000, 2_000, 3), true);
  assert.equal(spans.add(1_999, 2_500, 2), false);
  assert.equal(spans.add(2_000, 3_000, 1), true);
  assert.deepEqual(spans.within(2_500, 9_000), { count: 6, sinceMs: 1_000 });
  assert.deepEqual(spans.within(2_501, 9_000), { count: 1, sinceMs: 2_000 });
  assert.equal(spans.within(3_001, 9_000), null);
  assert.equal(spans.within(0, 999), null);
  assert.equal(spans.lastMs, 3_000);
  spans.forget(2_501);
  assert.deepEqual(spans.within(0, 9_000), { count: 1, sinceMs: 2_000 });
});

it('loses no failure, and knows the last ten seconds of one that goes on to two seconds', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 300 }), (counts) => {
      const spans = new FailureSpans();
      for (const [second, count] of counts.entries()) spans.add(second * 1000, second * 1000 + 999, count);
      const sum = (from: number) => counts.slice(Math.max(0, from)).reduce((all, one) => all + one, 0);
      assert.equal(spans.within(0, 1e9)?.count, sum(0));
      const lately = spans.within((counts.length - 10) * 1000, 1e9)?.count ?? 0;
      assert.ok(lately >= sum(counts.length - 10) && lately <= sum(counts.length - 12), `${lately}`);
    }),
  );
});
