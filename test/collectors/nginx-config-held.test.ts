import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotLoadedHeld } from '../../src/collectors/nginx-config-held.ts';

/** One look after the other: after how many seconds, what is found, by which workers. */
function told(...looks: readonly (readonly [seconds: number, isLoaded: boolean | null, generation?: number | null])[]) {
  const held = new NotLoadedHeld();
  let nowMs = 1_000_000;
  return looks.map(([seconds, isLoaded, generation = 1]) => {
    nowMs += seconds * 1000;
    return held.look(isLoaded, generation, nowMs);
  });
}

test('a reload that takes its time is not told, one that does not come is', () => {
  assert.deepEqual(told([0, true], [2, false], [4, false], [3, true, 2]), [false, undefined, undefined, false]);
  assert.deepEqual(told([0, false], [9, false], [1, false], [2, false]), [undefined, undefined, true, true]);
  assert.deepEqual(told([0, false], [60, false]), [undefined, true]);
});

test('in a rollout the files are ahead of the workers again and again', () => {
  assert.deepEqual(told([0, false], [6, false, 2], [6, false, 3], [6, false, 4], [9, false, 4], [1, false, 4]), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    true,
  ]);
});

test('what cannot be told ends it; a clock that was set back begins it anew; without processes it is told too', () => {
  assert.deepEqual(told([0, false], [9, null], [1, false], [10, false]), [undefined, null, undefined, true]);
  assert.deepEqual(told([0, false], [-60, false], [5, false], [5, false]), [undefined, undefined, undefined, true]);
  assert.deepEqual(told([0, false, null], [10, false, null]), [undefined, true]);
});
