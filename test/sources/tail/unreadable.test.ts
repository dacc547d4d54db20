import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmdirSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('permission denied is said and tried again', (t) => {
  if (process.getuid?.() === 0) {
    // Root may read anything: do as nobody does.
    process.seteuid?.(65_534);
    t.after(() => process.seteuid?.(0));
  }
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  chmodSync(story.log, 0);
  story.follow();
  assert.equal(story.tailer.status()[0].state, 'refused');
  assert.match(story.tailer.status()[0].error ?? '', /permission denied/);
  chmodSync(story.log, 0o600);
  story.tick(1_000);
  assert.equal(story.read(), '1-10');
  assert.equal(story.tailer.status()[0].state, 'following');
});

test('a directory in the place of the file is refused until it is a file', (t) => {
  const story = new Story(t);
  mkdirSync(story.log);
  story.follow();
  assert.match(story.tailer.status()[0].error ?? '', /not a regular file/);
  rmdirSync(story.log);
  story.write(...Story.lines(1, 2));
  story.tick(1_000);
  assert.equal(story.read(), '1-2');
});
