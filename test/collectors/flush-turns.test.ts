import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { FlushTurns, flushInSlices } from '../../src/collectors/flush-turns.ts';

/** Gateways that take some milliseconds for each thing they have to hand over, and who was asked. */
function rig(left: Record<string, number>, eachMs: number) {
  const turns = new FlushTurns();
  const asked: string[] = [];
  const flush = (name: string, untilMs: number) => {
    asked.push(name);
    while (left[name] > 0) {
      for (const endMs = performance.now() + eachMs; performance.now() < endMs; );
      left[name]--;
      if (performance.now() >= untilMs) break;
    }
    return left[name] === 0;
  };
  const take = (untilMs?: number) =>
    turns.take(Object.keys(left), (name) => flush(name, untilMs ?? Number.POSITIVE_INFINITY), untilMs);
  return { left, asked, take };
}

test('without an end all have their turn, and that is all', () => {
  const { asked, left, take } = rig({ a: 2, b: 0, c: 1 }, 0.1);
  assert.equal(take(), true);
  assert.deepEqual([asked, left], [['a', 'b', 'c'], { a: 0, b: 0, c: 0 }]);
});

test('when time is up the rest wait, and come before who has had a turn', () => {
  const { asked, left, take } = rig({ a: 1, b: 1, c: 1 }, 3);
  assert.equal(take(performance.now() + 2), false);
  assert.deepEqual([asked, left], [['a'], { a: 0, b: 1, c: 1 }]);
  assert.equal(take(performance.now() + 2), false);
  assert.deepEqual([asked, left], [['a', 'b'], { a: 0, b: 0, c: 1 }]);
  assert.equal(take(performance.now() + 60_000), true);
  assert.deepEqual([asked, left], [['a', 'b', 'c', 'a', 'b'], { a: 0, b: 0, c: 0 }]);
});

test('one that never comes to an end does not keep the others from theirs', () => {
  const { asked, take } = rig({ a: 1e9, b: 1, c: 1 }, 1);
  for (let time = 0; time < 4; time++) assert.equal(take(performance.now() + 0.5), false);
  assert.deepEqual(asked, ['a', 'b', 'c', 'a']);
});

test('however late it is, all are through when none has anything left', (t) => {
  const nowMs = performance.now();
  // Who is suspended in between takes longer for nothing.
  t.after(() => mock.restoreAll());
  mock.method(performance, 'now', () => nowMs);
  const { asked, take } = rig({ a: 0, b: 0, c: 0 }, 1);
  assert.equal(take(nowMs - 60_000), true);
  assert.deepEqual(asked, ['a', 'b', 'c']);
});

test('who stops comes to an end, also where no slice is enough', async () => {
  const ends: number[] = [];
  await flushInSlices((untilMs) => ends.push(untilMs) < 0 || untilMs === Number.POSITIVE_INFINITY);
  assert.equal(ends.at(-1), Number.POSITIVE_INFINITY);
  assert.ok(ends.length > 100, `${ends.length} slices`);
});

test('who stops hands over all, and others have the event loop in between', async () => {
  let left = 5;
  let others = 0;
  const beat = setInterval(() => others++, 1);
  await flushInSlices((untilMs) => {
    while (performance.now() < untilMs);
    return --left === 0;
  });
  clearInterval(beat);
  assert.equal(left, 0);
  assert.ok(others >= 3, `${others} turns of others in 50 ms`);
});
