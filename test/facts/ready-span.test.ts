import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readyDuring } from '../../src/facts/ready-span.ts';
import { failure } from './facts-rig.ts';

const phases = [
  { value: 3, sinceMs: null },
  { value: 0, sinceMs: 50_000 },
  { value: 2, sinceMs: 60_000 },
];
const of = failure(61_000, { sinceMs: 55_000 });

test('the fewest of the time in which they failed', () => {
  assert.equal(readyDuring(phases, of, { waited: null, nowMs: 90_000 }), 0);
});

test('the most of the time since attempts were begun that timed out', () => {
  assert.equal(readyDuring(phases, of, { waited: { leastMs: 0, mostMs: 2_000 }, nowMs: 90_000 }), 2);
  assert.equal(readyDuring(phases, of, { waited: { leastMs: 0, mostMs: 10_000 }, nowMs: 90_000 }), 3);
});

test('not known while slices are being rewritten, and what lasted no second does not count', () => {
  assert.equal(readyDuring(phases, of, { waited: null, nowMs: 60_500 }), undefined);
  const rewritten = [phases[0], { value: 0, sinceMs: 57_000 }, { value: 3, sinceMs: 57_500 }];
  assert.equal(readyDuring(rewritten, of, { waited: null, nowMs: 90_000 }), 3);
});
