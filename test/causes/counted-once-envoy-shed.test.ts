import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { setUp } from './counted-once-rig.ts';

describe('CountedOnce: load that Envoy sheds', () => {
  it('Envoy: what the log takes for a circuit breaker is overload to the statistics, and counted once', () => {
    for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const]) {
      const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
      for (const source of order) fail(source, source === 'stats' ? 'overload' : 'circuit_open', 2);
      assert.deepEqual(totals(), { circuit_open: 2 });
      assert.ok(!once.isWaiting);
    }
  });

  it('what the log takes for a cluster without a healthy host is a limit of pools to the statistics, and counted once', () => {
    for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const])
      for (const upstream of [{ ...UNKNOWN_UPSTREAM, upstream: 'cart' }, UNKNOWN_UPSTREAM]) {
        const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
        for (const source of order)
          if (source === 'access_log') fail(source, 'no_healthy_upstream', 2, { peer: null, upstream });
          else fail(source, 'circuit_open', 2, { peer: null, loggedAs: 'no_healthy_upstream' });
        // A line with the cluster does not wait.
        assert.deepEqual(totals(), upstream.upstream === '' ? { circuit_open: 2 } : { no_healthy_upstream: 2 });
        assert.ok(!once.isWaiting);
      }
  });

  it('Envoy’s default format says UO of maintenance too: the statistics know better', () => {
    for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const]) {
      const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
      const unsaid = { peer: null, upstream: UNKNOWN_UPSTREAM };
      for (const source of order)
        if (source === 'stats') fail(source, 'other', 2, { peer: null });
        else fail(source, 'circuit_open', 2, unsaid);
      assert.deepEqual(totals(), { other: 2 });
      assert.ok(!once.isWaiting);
    }
  });
});
