import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { LineSink, Story } from './story.ts';

test('the file is missing at the restart: the renamed one is read on, the new one when it comes', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(11, 20));
  renameSync(story.log, `${story.log}.1`);
  story.follow(saved);
  assert.equal(story.read(), '1-20');
  story.write(...Story.lines(21, 30));
  story.tick(1_000);
  assert.equal(story.read(), '1-30');
  assert.equal(story.losses(), '');
});

test('the directory is gone at the restart', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  rmSync(dirname(story.log), { recursive: true });
  story.sink = new LineSink();
  story.follow(saved);
  assert.equal(story.losses(), 'deleted:0');
});

test('a restart in the middle of reading several renamed files', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  for (let round = 1; round <= 3; round += 1) {
    renameSync(story.log, `${story.log}.2026112${round}`);
    story.write(...Story.lines(round * 10 + 1, round * 10 + 10));
  }
  story.tick();
  assert.equal(story.read(), '1-40');
  for (let round = 0; round < 3; round += 1) story.follow(await story.die());
  story.write(...Story.lines(41, 50));
  story.tick(60_000);
  assert.equal(story.read(), '1-50');
  assert.equal(story.losses(), '');
});
