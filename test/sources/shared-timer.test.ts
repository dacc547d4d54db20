import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedTimer } from '../../src/sources/shared-timer.ts';
import { steppedTime } from '../support/stepped-time.ts';

/** Runs again and again, and notes when it did. */
function recurring(timer: SharedTimer, waitMs: number): number[] {
  const times: number[] = [];
  const run = () => {
    times.push(performance.now());
    timer.at(run, performance.now() + waitMs);
  };
  timer.at(run, performance.now() + waitMs);
  return times;
}

test('what began at different moments comes to run in the same wake-ups, never later than asked for', (t) => {
  const step = steppedTime(t, 1_000);
  const timer = new SharedTimer();
  const looks = recurring(timer, 240);
  step(130);
  const seconds = recurring(timer, 1_000);
  step(413);
  const others = recurring(timer, 1_000);
  step(10_000);
  assert.deepEqual(others.slice(-5), seconds.slice(-5));
  assert.ok(seconds.slice(-5).every((at) => looks.includes(at)));
  for (const [times, wait] of [
    [looks, 240],
    [seconds, 1_000],
    [others, 1_000],
  ] as const)
    for (let at = 1; at < times.length; at++) {
      const pause = times[at] - times[at - 1];
      assert.ok(pause <= wait && pause >= wait * 0.9, `${pause} of ${wait}`);
    }
});

test('a shorter wait ends when it was asked to; the last word counts', (t) => {
  const step = steppedTime(t, 7);
  const timer = new SharedTimer();
  const times: number[] = [];
  const run = () => void times.push(performance.now());
  timer.at(run, 300);
  timer.at(run, 107);
  step(200);
  assert.deepEqual(times, [107]);
  timer.at(run, 207 + 50);
  timer.cancel(run);
  step(2_000);
  assert.deepEqual(times, [107]);
});

test('says by how much it came too late', (t) => {
  let nowMs = 0;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => nowMs);
  const timer = new SharedTimer();
  const late: number[] = [];
  timer.at((ms) => void late.push(ms), 100);
  nowMs = 2_600;
  t.mock.timers.tick(100);
  assert.deepEqual(late, [2_500]);
});

test('what is cancelled by another in the same wake-up does not run', (t) => {
  const step = steppedTime(t);
  const timer = new SharedTimer();
  let runs = 0;
  const second = () => void runs++;
  timer.at(() => timer.cancel(second), 50);
  timer.at(second, 50);
  step(100);
  assert.equal(runs, 0);
});
