import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lastedMs, lastWithin, leastWithin, within } from '../../src/facts/phase-span.ts';

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
  const last = (fromMs: number, untilMs: number) => lastWithin(PHASES, fromMs, untilMs).value;
  assert.deepEqual([last(0, 9), last(0, 10), last(9, 30), last(10, 19), last(20, 20)], ['a', 'b', 'c', 'b', 'c']);
  assert.deepEqual(
    PHASES.map((phase) => lastedMs(PHASES, phase, 50)),
    [Number.POSITIVE_INFINITY, 10, 30],
  );
});

it('tells the least number of a span', () => {
  const counts = [
    { value: 1, sinceMs: null },
    { value: 3, sinceMs: 10 },
    { value: 2, sinceMs: 20 },
  ];
  const least = (fromMs: number, untilMs: number) => leastWithin(counts, fromMs, untilMs);
  assert.deepEqual([least(0, 9), least(9, 30), least(10, 19), least(10, 20)], [1, 1, 3, 2]);
  assert.equal(leastWithin([], 0, 10), Number.POSITIVE_INFINITY);
});
