import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CountedOnce } from '../../src/causes/counted-once.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { EDGE, setUp } from './counted-once-rig.ts';

describe('CountedOnce over a restart, Envoy', () => {
  it('lines from before the first reading take the words that the run before was told, vague ones with their symptom', () => {
    for (const isVague of [false, true]) {
      const { once, fail, totals, options } = setUp('envoy', ['stats', 'access_log']);
      fail('stats', 'connect_refused', 3);
      assert.deepEqual([totals(), once.waiting], [{}, 3]);
      const next = new CountedOnce(options);
      next.restore(JSON.parse(JSON.stringify(once.save())));
      const nowMs = options.clock.now();
      next.present('envoy', EDGE, 'stats', nowMs + 1_000);
      const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
      const symptom = isVague ? 'other' : 'connect_refused';
      next.observe({
        ...{ proxy: 'envoy', subject: EDGE, symptom, failure: true, count: 5, peer, source: 'access_log' },
        ...{ upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart' }, sinceMs: nowMs - 1, atMs: nowMs },
      });
      next.tick(Number.POSITIVE_INFINITY);
      assert.deepEqual(totals(), isVague ? { connect_refused: 3, other: 2 } : { connect_refused: 5 });
    }
  });

  it('lines that are read while the statistics are read for the first time are not counted by these, too', () => {
    for (const symptom of ['reset', 'other'] as const) {
      const { once, fail, step, totals, options } = setUp('envoy', ['access_log']);
      fail('access_log', symptom, 1);
      step(70_000);
      const askedMs = options.clock.now();
      fail('access_log', symptom, 2, { sinceMs: askedMs - 2_000, atMs: askedMs - 1_000 });
      step(1_000);
      fail('access_log', symptom, 4, { sinceMs: askedMs, atMs: askedMs + 500 });
      once.present('envoy', EDGE, 'stats', askedMs);
      fail('stats', symptom, 5);
      step(15_000);
      assert.deepEqual(totals(), { [symptom]: 1 + 2 + 4 + 1 });
    }
  });
});
