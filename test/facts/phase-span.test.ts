import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lastedMs, within } from '../../src/facts/phase-span.ts';

const PHASES = [
  { value: 'a', sinceMs: null },
  { value: 'b', sinceMs: 10 },
  { value: 'c', sinceMs: 20 },
];

it('tells which phases a span touches, and how long they lasted', () => {
  const touched = (fromMs: number, untilMs: number) =>
    within(PHASES, fromMs, untilMs)
      .map(({ value }) => value)
      .join('');
  assert.deepEqual(
    [touched(0, 9), touched(0, 10), touched(9, 30), touched(10, 19), touched(20, 20)],
    ['a', 'ab', 'abc', 'b', 'c'],
  );
  assert.deepEqual(
    PHASES.map((phase) => lastedMs(PHASES, phase, 50)),
    [Number.POSITIVE_INFINITY, 10, 30],
  );
});
