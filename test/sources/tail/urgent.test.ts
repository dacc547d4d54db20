import assert from 'node:assert/strict';
import { renameSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

const LINE = `2026/11/21 line ${'x'.repeat(1000)}`;

test('some lines can be read again after a crash; another file, a truncation or many lines hurry the checkpoint', (t) => {
  const story = new Story(t);
  story.write(LINE);
  story.follow();
  assert.equal(story.tailer.isUrgent(), true, 'a file that no checkpoint knows');
  story.checkpoint.text();
  story.write(...Array<string>(50).fill(LINE));
  story.tick();
  assert.equal(story.tailer.isUrgent(), false);
  story.write(...Array<string>(50).fill(LINE));
  story.tick();
  assert.equal(story.tailer.isUrgent(), true, 'over 64 KiB');
  story.checkpoint.text();
  renameSync(story.log, `${story.log}.1`);
  story.write(LINE);
  story.tick(1000);
  assert.equal(story.tailer.isUrgent(), true, 'rotated');
  story.checkpoint.text();
  assert.equal(story.tailer.isUrgent(), false);
  truncateSync(story.log);
  story.tick(1000);
  assert.equal(story.tailer.isUrgent(), true, 'truncated');
});
