import assert from 'node:assert/strict';
import { copyFileSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('a file that grows past the old offset before anybody looks', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  story.write(...Story.lines(11, 20));
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 60));
  story.tick();
  assert.equal(story.read(), '1-60');
  assert.equal(story.losses(), 'truncated:0');
});

test('a file that grows to exactly the old size', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 30));
  story.tick();
  assert.equal(story.read(), '1-10 21-30');
  assert.equal(story.losses(), 'truncated:0');
});

test('a file rewritten before a whole line had been read', (t) => {
  const story = new Story(t);
  story.follow();
  story.write();
  story.tick();
  const part = 'the beginning of a line that never ends';
  story.write(part);
  truncateSync(story.log, part.length);
  story.tick();
  truncateSync(story.log, 0);
  story.write(...Story.lines(1, 10));
  story.tick();
  assert.equal(story.read(), '1-10');
  assert.match(story.losses(), /^truncated:39$/);
});

test('the same where all lines are equally long and end alike', (t) => {
  const line = (number: number) => `${String(number).padStart(9, '0')} ${'x'.repeat(100)}`;
  const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => line(from + at));
  const story = new Story(t);
  story.write(...lines(1, 10));
  story.follow();
  story.write(...lines(11, 20));
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...lines(21, 50));
  story.tick();
  assert.deepEqual(story.sink.lines, lines(1, 50));
  assert.equal(story.losses(), 'truncated:0');
});
