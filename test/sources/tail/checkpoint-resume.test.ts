import assert from 'node:assert/strict';
import { copyFileSync, renameSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { LineSink, Story } from './story.ts';

test('a crash forgets what came after the checkpoint, and reads it again', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = story.checkpoint.text();
  story.write(...Story.lines(11, 20));
  story.tick();
  await story.die();
  story.sink = new LineSink();
  story.write(...Story.lines(21, 30));
  story.follow(saved);
  assert.equal(story.read(), '11-30');
});

test('a renamed file still being drained is in the checkpoint', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(11, 20));
  story.tick();
  const saved = await story.die();
  const [late] = Story.lines(500, 500);
  copyFileSync(story.log, `${story.log}.unrelated`);
  renameSync(`${story.log}.1`, `${story.log}.2`);
  renameSync(story.log, `${story.log}.1`);
  const { appendFileSync } = await import('node:fs');
  appendFileSync(`${story.log}.2`, `${late}\n`);
  story.write(...Story.lines(21, 30));
  story.follow(saved);
  assert.equal(story.read(), '1-20 500 21-30');
  assert.equal(story.losses(), '');
});

test('a truncation while nobody looked: the copy first, and an event', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(11, 20));
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 60));
  story.follow(saved);
  assert.equal(story.read(), '1-60');
  assert.equal(story.losses(), 'truncated:0');
});

test('a checkpoint that is not one is ignored', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 2));
  story.follow(JSON.stringify({ tail: { files: { [story.log]: { real: 7, generations: [[1]] } } } }));
  assert.equal(story.read(), '1-2');
});
