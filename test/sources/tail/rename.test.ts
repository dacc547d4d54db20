import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('a file renamed and created again is one stream', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  story.write(...Story.lines(11, 20));
  renameSync(story.log, `${story.log}.1`);
  story.tick();
  story.write(...Story.lines(21, 30));
  story.tick();
  assert.equal(story.read(), '1-30');
  assert.equal(story.losses(), '');
  assert.equal(story.tailer.lagBytes(), 0);
});

test('a rotation between two looks is one stream', (t) => {
  const story = new Story(t);
  story.follow();
  story.write(...Story.lines(1, 10));
  story.tick();
  story.write(...Story.lines(11, 20));
  renameSync(story.log, `${story.log}-20261121`);
  story.write(...Story.lines(21, 30));
  story.tick();
  assert.equal(story.read(), '1-30');
});

test('a restart in the middle goes on where the checkpoint was', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(11, 20));
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(21, 30));
  story.follow(saved);
  assert.equal(story.read(), '1-30');
  assert.equal(story.losses(), '');
});
