import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EDGE, setUp } from './counted-once-rig.ts';

const withLags = (writtenMs: number, readMs: number) => {
  const rig = setUp('envoy', ['access_log', 'stats']);
  rig.once.lags('envoy', EDGE, 'written', writtenMs);
  rig.once.lags('envoy', EDGE, 'read', readMs);
  return rig;
};

test('what no log tells of is counted as soon as it would have, on a busy node too', () => {
  const { fail, step, totals } = withLags(1_000, 1_000);
  fail('stats', 'connect_refused', 3);
  step(6_999);
  assert.deepEqual(totals(), {});
  step(1);
  assert.deepEqual(totals(), { connect_refused: 3 });
});

test('a log that is seldom written is waited for: nothing is counted twice', () => {
  const { fail, step, totals } = withLags(60_000, 5_000);
  fail('stats', 'connect_refused', 3);
  step(64_000);
  assert.deepEqual(totals(), {});
  fail('access_log', 'connect_refused', 3);
  step(100_000);
  assert.deepEqual(totals(), { connect_refused: 3 });
});

test('for five minutes at most', () => {
  const { fail, step, totals } = withLags(86_400_000, 5_000);
  fail('stats', 'connect_refused');
  step(300_000);
  assert.deepEqual(totals(), { connect_refused: 1 });
});

test('the usual time where Envoy does not say how often it writes', () => {
  const { once, fail, step, totals } = setUp('envoy', ['access_log', 'stats']);
  once.lags('envoy', EDGE, 'read', 1_000);
  fail('stats', 'connect_refused');
  step(14_999);
  assert.deepEqual(totals(), {});
  step(1);
  assert.deepEqual(totals(), { connect_refused: 1 });
});

test('a clock that is set back makes nobody wait longer', () => {
  const { fail, step, totals } = withLags(1_000, 1_000);
  fail('stats', 'connect_refused');
  step(-3_600_000);
  assert.deepEqual(totals(), { connect_refused: 1 });
});
