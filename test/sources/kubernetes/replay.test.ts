import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replay } from '../../../src/sources/kubernetes/replay.ts';

test('a replay is over after a pause, or after a while without one, and not when the watch is closed', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  let ends = 0;
  const replay = new Replay(1000, () => ends++);
  const pass = (ms: number) => {
    nowMs += ms;
    t.mock.timers.tick(ms);
  };
  assert.equal(replay.isOver, true);
  replay.opened();
  pass(900);
  replay.event();
  pass(900);
  assert.deepEqual([replay.isOver, ends], [false, 0]);
  pass(100);
  assert.deepEqual([replay.isOver, ends], [true, 1]);
  replay.event();
  assert.equal(ends, 1);
  replay.opened();
  for (let event = 0; event < 7; event++) {
    pass(900);
    replay.event();
  }
  assert.deepEqual([replay.isOver, ends], [true, 2]);
  replay.opened();
  replay.closed();
  pass(10_000);
  assert.deepEqual([replay.isOver, ends], [false, 2]);
});

test('a pause of the process itself is none, and what has come meanwhile is heard first', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  let ends = 0;
  const replay = new Replay(1000, () => ends++);
  replay.opened();
  nowMs += 2_000;
  // The timer of 1 s comes a second late.
  t.mock.timers.tick(1_000);
  assert.deepEqual([replay.isOver, ends], [false, 0]);
  nowMs += 1_000;
  t.mock.timers.tick(999);
  replay.event();
  t.mock.timers.tick(1);
  assert.equal(ends, 0);
  nowMs += 999;
  t.mock.timers.tick(999);
  assert.deepEqual([replay.isOver, ends], [true, 1]);
});

test('an event that is read in the same turn as the timer begins the pause anew', async (t) => {
  const quietMs = 5;
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  let ends = 0;
  const replay = new Replay(quietMs, () => ends++);
  replay.opened();
  const { promise, resolve } = Promise.withResolvers<number>();
  // After the timer of the replay.
  setTimeout(() => {
    replay.event();
    resolve(ends);
  }, quietMs);
  // Both are due when the next turn begins, and none is late however busy the machine is.
  nowMs = quietMs;
  for (const dueMs = Date.now() + 4 * quietMs; Date.now() < dueMs; );
  assert.equal(await promise, 0);
  replay.closed();
});
