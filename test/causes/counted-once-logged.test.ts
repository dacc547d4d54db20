import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CountedOnce } from '../../src/causes/counted-once.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { EDGE, setUp } from './counted-once-rig.ts';

/** What the statistics say of streams that were open for too long: each has a line where a log is followed. */
const LOGGED = { isLogged: true, peer: null } as const;
/** A 504 without a flag in a format without details and cluster. */
const UNFLAGGED = { isTimeout: true, upstream: UNKNOWN_UPSTREAM } as const;

const OTHER = { scheme: 'tcp', address: '10.0.0.2', port: 80 };

it('what a log has a line of, and does not say, takes its name and cluster from the statistics, whoever comes first', () => {
  for (const isLogFirst of [true, false]) {
    const { once, fail, step, passed } = setUp('envoy', ['stats', 'access_log']);
    if (isLogFirst) fail('access_log', 'other', 2, UNFLAGGED);
    fail('stats', 'response_timeout', 2, LOGGED);
    if (!isLogFirst) fail('access_log', 'other', 2, UNFLAGGED);
    step(15_000);
    assert.deepEqual(
      passed.map(({ symptom, peer, upstream, count }) => [symptom, peer?.address, upstream.upstream, count]),
      [['response_timeout', '10.0.0.1', 'cart', 2]],
    );
    assert.ok(!once.isWaiting);
  }
});

it('is matched with nothing else that a log or the statistics say', () => {
  for (const isLogFirst of [true, false]) {
    const { once, fail, step, totals } = setUp('envoy', ['stats', 'access_log']);
    const log = () => {
      fail('access_log', 'other', 3, { upstream: UNKNOWN_UPSTREAM, peer: OTHER });
      fail('access_log', 'response_timeout', 4, { upstream: UNKNOWN_UPSTREAM });
    };
    if (isLogFirst) log();
    fail('stats', 'response_timeout', 9, LOGGED);
    fail('stats', 'response_timeout', 4);
    if (!isLogFirst) log();
    step(15_000);
    assert.deepEqual(totals(), { response_timeout: 4, other: 3 });
    assert.ok(!once.isWaiting);
  }
});

it('is counted by the log alone where that is followed, also over a restart and when too much waits, else by the statistics', () => {
  const { once, fail, step, totals, options, hurried } = setUp('envoy', ['stats', 'access_log'], 1);
  fail('stats', 'response_timeout', 2, LOGGED);
  fail('stats', 'response_timeout', 3, LOGGED);
  assert.equal(hurried(), 0);
  const next = new CountedOnce(options);
  next.restore(JSON.parse(JSON.stringify(once.save())));
  assert.ok(!next.isWaiting);
  step(15_000);
  once.tick(Number.POSITIVE_INFINITY);
  assert.deepEqual(totals(), {});
  const alone = setUp('envoy', ['stats']);
  alone.fail('stats', 'response_timeout', 2, LOGGED);
  assert.deepEqual(alone.totals(), { response_timeout: 2 });
});

it('Envoy: what fails while the statistics are read for the first time is one failure', () => {
  const { once, fail, step, totals, options } = setUp('envoy', ['access_log']);
  const readMs = options.clock.now();
  step(3_000);
  // The answer took a while: its counters are of when it was asked for.
  once.present('envoy', EDGE, 'stats', readMs);
  fail('access_log', 'reset', 2, { sinceMs: readMs + 1_000, atMs: readMs + 2_000 });
  fail('stats', 'reset', 2);
  step(15_000);
  assert.deepEqual(totals(), { reset: 2 });
});
