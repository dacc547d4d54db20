import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { setUp } from './counted-once-rig.ts';

/** A filter answers 502 itself: no host, and the cluster of the route where the format says it. */
const OWN = { peer: null } as const;

it('Envoy: a line that says the same comes before one that says nothing of why', () => {
  for (const upstream of [UNKNOWN_UPSTREAM, { ...UNKNOWN_UPSTREAM, upstream: 'cart' }]) {
    for (const isLogFirst of [true, false]) {
      const { once, fail, step, totals } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'response_timeout', 4, { upstream });
        fail('access_log', 'other', 3, { upstream, ...OWN });
      };
      if (isLogFirst) log();
      fail('stats', 'response_timeout', 4);
      if (!isLogFirst) log();
      step(15_000);
      assert.deepEqual(totals(), { response_timeout: 4, other: 3 });
      assert.ok(!once.isWaiting);
    }
  }
});

it('Envoy: one of another symptom comes after it', () => {
  const { fail, step, totals } = setUp('envoy', ['stats', 'access_log']);
  fail('access_log', 'premature_close', 2);
  fail('access_log', 'other', 3);
  fail('stats', 'connect_refused', 3);
  fail('stats', 'reset', 2);
  step(15_000);
  assert.deepEqual(totals(), { premature_close: 2, connect_refused: 3 });
});
