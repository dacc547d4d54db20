import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VerdictRate } from '../src/verdict-rate.ts';

it('V8 does its best from the fifth second with 2,000 verdicts on, until half a minute after the last such second', ({
  mock,
}) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[] = [];
  const rate = new VerdictRate({ beBusy: () => told.push('busy'), calmDown: () => told.push('calm') });
  const say = (count: number, from: number, until: number) => {
    for (let second = from; second <= until; second++)
      for (let verdict = 0; verdict < count; verdict++) rate.said(second * 1000 + 500);
  };
  say(1_999, 0, 9);
  // As when a log is read from its beginning.
  say(50_000, 20, 23);
  say(2_000, 30, 33);
  say(1_999, 34, 34);
  say(2_000, 35, 38);
  say(2_000, 40, 43);
  assert.deepEqual(told, []);
  say(2_000, 44, 44);
  assert.deepEqual(told, ['busy']);
  mock.timers.tick(20_000);
  say(2_000, 45, 50);
  mock.timers.tick(29_999);
  assert.deepEqual(told, ['busy']);
  mock.timers.tick(1);
  assert.deepEqual(told, ['busy', 'calm']);
  say(2_000, 51, 51);
  assert.deepEqual(told, ['busy', 'calm', 'busy']);
});
