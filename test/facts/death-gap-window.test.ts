import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeathGapWindows, WINDOW_MS } from '../../src/facts/death-gap-window.ts';

const START_MS = 1_000_000;

function windowsOf(gapsMs: readonly number[]): DeathGapWindows {
  const windows = new DeathGapWindows();
  for (const [i, gapMs] of gapsMs.entries()) windows.add('k', gapMs, START_MS + i);
  return windows;
}

describe('DeathGapWindows', () => {
  it('recommends the 99th percentile rounded up to seconds, and one more', () => {
    for (const [gapsMs, seconds] of [
      [[0], 1],
      [[1], 2],
      [[3000], 4],
      [[3001], 5],
      [[100, 9000, 200], 10],
      // Of 200, the two longest are above the 99th percentile.
      [[...Array.from({ length: 198 }, () => 1000), 90_000, 90_000], 2],
      [[...Array.from({ length: 197 }, () => 1000), 5000, 90_000, 90_000], 6],
    ] as const)
      assert.equal(windowsOf(gapsMs).recommended(START_MS).get('k'), seconds);
  });

  it('says nothing before the first gap', () => {
    assert.equal(new DeathGapWindows().recommended(START_MS).size, 0);
  });

  it('forgets what is older than a week, and all but the last 200', () => {
    const windows = windowsOf([60_000]);
    windows.add('k', 2000, START_MS + WINDOW_MS);
    assert.equal(windows.recommended(START_MS + WINDOW_MS).get('k'), 61);
    assert.equal(windows.recommended(START_MS + WINDOW_MS + 60_000).get('k'), 3);
    assert.equal(windows.recommended(START_MS + 2 * WINDOW_MS + 60_000).size, 0);
    assert.equal(
      windowsOf([60_000, ...Array.from({ length: 200 }, () => 500)])
        .recommended(START_MS)
        .get('k'),
      2,
    );
  });

  it('gives up the window that was written longest ago when there are too many, and counts it', () => {
    const windows = new DeathGapWindows();
    for (let i = 0; i < 500; i++) windows.add(`k${i}`, 1000, START_MS);
    windows.add('k0', 1000, START_MS);
    windows.add('new', 1000, START_MS);
    const recommended = windows.recommended(START_MS);
    assert.equal(recommended.size, 500);
    assert.deepEqual([recommended.has('k0'), recommended.has('k1')], [true, false]);
    assert.equal(windows.dropped, 1);
  });

  it('goes on after a restart, hurries the checkpoint for news only, and tolerates anything', () => {
    const windows = windowsOf([3000, 7000]);
    assert.equal(windows.isUrgent(), true);
    const saved = JSON.parse(JSON.stringify(windows.save()));
    assert.equal(windows.isUrgent(), false);
    const restored = new DeathGapWindows();
    assert.equal(restored.recommended(START_MS).size, 0);
    restored.restore(saved);
    assert.equal(restored.recommended(START_MS).get('k'), 8);
    for (const bad of [
      null,
      {},
      [null],
      [['k']],
      [['k', 5]],
      [[1, [1, 2]]],
      [['k', ['a', 1, -1, 2, 3]]],
      [['k', [1]]],
    ]) {
      const other = new DeathGapWindows();
      other.restore(bad);
      assert.equal(other.recommended(START_MS).size, 0, JSON.stringify(bad));
    }
  });
});
