import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LookPace } from '../../../src/sources/tail/look-pace.ts';

/** The intervals chosen while `perSecond` bytes come every second, from the third look on. */
function intervalsAt(perSecond: number): number[] {
  const pace = new LookPace();
  const intervals: number[] = [];
  let nowMs = 0;
  for (let look = 0; look < 10; look++) {
    nowMs += pace.intervalMs;
    pace.looked((perSecond * pace.intervalMs) / 1000, nowMs);
    if (look > 1) intervals.push(pace.intervalMs);
  }
  return intervals;
}

test('what grows slowly is looked at once a second', () => {
  assert.deepEqual(new Set(intervalsAt(0)), new Set([960]));
  assert.deepEqual(new Set(intervalsAt(50 * 312)), new Set([960]));
});

test('a file that would grow by more than 32 KiB within a second is looked at four times as often', () => {
  assert.deepEqual(new Set(intervalsAt(200 * 312)), new Set([240]));
});

test('a file that grows by more than 2.5 MB a second is looked at every 50 ms', () => {
  assert.deepEqual(new Set(intervalsAt(100_000 * 312)), new Set([50]));
  assert.deepEqual(new Set(intervalsAt(9_000 * 312)), new Set([50]));
  assert.deepEqual(new Set(intervalsAt(5_000 * 312)), new Set([240]));
});

test('more than 32 KiB after a quiet second may be the beginning of a burst', () => {
  const pace = new LookPace();
  pace.looked(0, 0);
  pace.looked(40_000, 960);
  assert.equal(pace.intervalMs, 50);
  assert.ok(pace.isFast);
  pace.looked(70_000, 1010);
  assert.equal(pace.intervalMs, 240, 'it goes on, but slower');
  pace.looked(1_000_000, 1250);
  assert.equal(pace.intervalMs, 50);
});

test('where files are truncated more than 32 KiB between two looks are enough', () => {
  const pace = new LookPace();
  pace.beCareful();
  for (const nowMs of [0, 240, 290, 340]) pace.looked(40_000, nowMs);
  assert.equal(pace.intervalMs, 50);
  pace.looked(10_000, 390);
  assert.equal(pace.intervalMs, 240);
});

test('a look that somebody asked for counts for the time it covers', () => {
  const pace = new LookPace();
  pace.looked(0, 0);
  pace.looked(100, 30);
  assert.equal(pace.intervalMs, 960);
  pace.looked(4_000, 60);
  assert.equal(pace.intervalMs, 240, '4 KB in 30 ms is much');
});

test('a look is fresh for 20 ms: the little that another finds then says nothing, much does', () => {
  const pace = new LookPace();
  assert.equal(pace.isFresh(0), false);
  pace.looked(0, 100);
  assert.equal(pace.isFresh(119), true);
  assert.equal(pace.isFresh(120), false);
  pace.looked(4_000, 110);
  assert.equal(pace.intervalMs, 960);
  assert.equal(pace.isFresh(120), false, 'the first of them counts');
  pace.looked(40_000, 119);
  assert.equal(pace.intervalMs, 50);
});

test('of more than 8 MiB to read somebody is told, each time', () => {
  let told = 0;
  const pace = new LookPace(() => told++);
  pace.looked(8 << 20, 0);
  assert.equal(told, 0);
  pace.looked(9_000_000, 50);
  pace.looked(9_000_000, 100);
  assert.equal(told, 2);
});
