import assert from 'node:assert/strict';
import { appendFileSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('an unterminated line waits for its end, and is delivered when no end can come', (t) => {
  const story = new Story(t);
  const [first, second] = Story.lines(1, 2);
  appendFileSync(story.log, first.slice(0, 40));
  story.follow();
  assert.equal(story.read(), '');
  assert.equal(story.tailer.lagBytes(), 40);
  appendFileSync(story.log, `${first.slice(40)}\n${second}`);
  story.tick();
  assert.equal(story.read(), '1');
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(3, 3));
  story.tick();
  assert.equal(story.read(), '1 3');
  story.tick(5_000);
  assert.equal(story.read(), '1 3 2');
});
