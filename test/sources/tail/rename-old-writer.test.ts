import assert from 'node:assert/strict';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('a writer that stays on the renamed file while the new one fills', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 2));
  story.follow();
  const old = openSync(story.log, 'a');
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(11, 12));
  story.tick(1_000);
  writeSync(old, `${Story.lines(3, 3)}\n`);
  story.tick(4_000);
  writeSync(old, `${Story.lines(4, 4)}\nunterminated`);
  story.tick(4_900);
  assert.equal(story.read(), '1-2 11-12 3-4');
  story.tick(5_000);
  assert.equal(story.read(), '1-2 11-12 3-4 unterminated');
  writeSync(old, 'too late\n');
  closeSync(old);
  story.tick(1_000);
  assert.equal(story.sink.lines.length, 7, 'let go after 5 s of quiet');
});

test('a renamed file without successor is held for a minute', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 2));
  story.follow();
  const old = openSync(story.log, 'a');
  renameSync(story.log, `${story.log}.1`);
  story.tick(30_000);
  writeSync(old, `${Story.lines(3, 3)}\n`);
  story.tick(29_000);
  writeSync(old, `${Story.lines(4, 4)}\n`);
  closeSync(old);
  story.tick(59_000);
  assert.equal(story.read(), '1-4');
  assert.equal(story.tailer.status()[0].state, 'missing');
});

test('the wait for late writers begins with the rotation, however long the file was quiet before', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 2));
  story.follow();
  const old = openSync(story.log, 'a');
  story.tick(3_600_000);
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(4, 5));
  story.tick(1_000);
  writeSync(old, `${Story.lines(3, 3)}\n`);
  closeSync(old);
  story.tick(1_000);
  assert.equal(story.read(), '1-2 4-5 3');
});
