import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Timeline } from '../../src/incidents/timeline.ts';

const MINUTE = 60_000;

it('is in the order of time, whenever it is told', () => {
  const timeline = new Timeline();
  for (const atMs of [3, 1, 2]) timeline.add({ atMs, kind: 'restart', text: `at ${atMs}` });
  assert.deepEqual(
    timeline.entries().map(({ text }) => text),
    ['at 1', 'at 2', 'at 3'],
  );
});

it('counts equal entries that are close together, but not what takes turns', () => {
  const timeline = new Timeline();
  for (const minute of [0, 1, 2, 20]) timeline.add({ atMs: minute * MINUTE, kind: 'reload', text: 'reloaded' });
  for (const minute of [0, 1]) timeline.add({ atMs: minute * MINUTE, kind: 'quiet', text: 'the last failure' });
  assert.deepEqual(
    timeline.entries().map(({ atMs, text }) => [atMs / MINUTE, text]),
    [
      [0, 'reloaded (3 times, last at 00:02:00)'],
      [0, 'the last failure'],
      [1, 'the last failure'],
      [20, 'reloaded'],
    ],
  );
});

it('keeps the beginning and the end of a long story and says what it left out', () => {
  const timeline = new Timeline();
  for (let i = 0; i < 1000; i++) timeline.add({ atMs: i, kind: 'warning', text: `event ${i}` });
  const entries = timeline.entries();
  assert.equal(entries.length, 100);
  assert.deepEqual([entries[0].text, entries[19].text, entries[99].text], ['event 0', 'event 19', 'event 999']);
  assert.equal(entries[20].text, 'event 920 (900 entries before it are left out)');
});

it('takes in another one', () => {
  const [one, other] = [new Timeline(), new Timeline()];
  one.add({ atMs: 1, kind: 'reload', text: 'reloaded' });
  other.add({ atMs: 1, kind: 'reload', text: 'reloaded' });
  other.add({ atMs: 0, kind: 'scale', text: '3 to 5' });
  one.absorb(other);
  assert.deepEqual(
    one.entries().map(({ text }) => text),
    ['3 to 5', 'reloaded'],
  );
});
