import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EarliestTimer } from '../../src/sources/earliest-timer.ts';
import { steppedTime } from '../support/stepped-time.ts';

for (const fromMs of [1_000, 1_100, 1_500, 1_900])
  test(`runs once, at the earliest time asked for; again when asked again; not after a stop; from ${fromMs} on`, (t) => {
    const step = steppedTime(t, fromMs);
    let runs = 0;
    const timer = new EarliestTimer(() => {
      runs++;
    });
    timer.by(fromMs + 1000);
    timer.by(fromMs + 200);
    timer.by(fromMs + 500);
    step(199);
    assert.equal(runs, 0);
    step(1);
    assert.equal(runs, 1);
    step(2000);
    assert.equal(runs, 1);
    timer.by(fromMs + 100);
    step(1);
    assert.equal(runs, 2);
    timer.by(fromMs + 100);
    timer.stop();
    step(1000);
    assert.equal(runs, 2);
  });
