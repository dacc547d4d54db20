import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Story } from './story.ts';

test('a directory removed and made again', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  story.write(...Story.lines(11, 20));
  rmSync(dirname(story.log), { recursive: true });
  story.tick(1_000);
  mkdirSync(dirname(story.log));
  story.write(...Story.lines(21, 30));
  story.tick(1_000);
  assert.equal(story.read(), '1-30');
  assert.equal(story.losses(), '');
});

test('a file of a pattern is let go a minute after it was removed', (t) => {
  const story = new Story(t, {});
  const pattern = new Story(t, { globs: [`${dirname(story.log)}/*.log`] });
  story.write(...Story.lines(1, 10));
  pattern.follow();
  assert.deepEqual(pattern.sink.opened, [story.log]);
  rmSync(story.log);
  pattern.tick(30_000);
  assert.deepEqual(pattern.sink.closed, []);
  pattern.tick(61_000);
  pattern.tick();
  assert.deepEqual(pattern.sink.closed, [story.log]);
  assert.deepEqual(pattern.tailer.status(), []);
});
