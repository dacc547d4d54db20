import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EarliestTimer } from '../../src/sources/earliest-timer.ts';

test('runs once, at the earliest time asked for; again when asked again; not after a stop', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let runs = 0;
  const timer = new EarliestTimer(() => {
    runs++;
  });
  const now = performance.now();
  timer.by(now + 1000);
  timer.by(now + 200);
  timer.by(now + 500);
  t.mock.timers.tick(150);
  assert.equal(runs, 0);
  t.mock.timers.tick(60);
  assert.equal(runs, 1);
  t.mock.timers.tick(2000);
  assert.equal(runs, 1);
  timer.by(now + 100);
  t.mock.timers.tick(100);
  assert.equal(runs, 2);
  timer.by(now + 100);
  timer.stop();
  t.mock.timers.tick(1000);
  assert.equal(runs, 2);
});
