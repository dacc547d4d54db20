import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VerdictRate } from '../src/verdict-rate.ts';

it('V8 does its best from 2,000 verdicts in a second on, until half a minute after the last such second', ({
  mock,
}) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[] = [];
  const rate = new VerdictRate({ beBusy: () => told.push('busy'), calmDown: () => told.push('calm') });
  const say = (count: number, atMs: number) => {
    for (let verdict = 0; verdict < count; verdict++) rate.said(atMs);
  };
  for (let second = 0; second < 10; second++) say(1_999, second * 1000);
  assert.deepEqual(told, []);
  say(5_000, 20_000);
  assert.deepEqual(told, ['busy']);
  mock.timers.tick(20_000);
  say(2_000, 40_500);
  mock.timers.tick(29_999);
  assert.deepEqual(told, ['busy']);
  mock.timers.tick(1);
  assert.deepEqual(told, ['busy', 'calm']);
  say(2_000, 90_000);
  assert.deepEqual(told, ['busy', 'calm', 'busy']);
});
