import assert from 'node:assert/strict';
import { appendFileSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('NULs, CRLF, control characters and invalid UTF-8 pass as they are', (t) => {
  const story = new Story(t);
  const bytes = 'a\0b\r\n\x1b[31m\xff\xfe\x80\n\0\0\0\n\n';
  appendFileSync(story.log, bytes, 'latin1');
  story.follow();
  assert.equal(`${story.sink.lines.join('\n')}\n`, bytes);
});

test('the hole that a writer without O_APPEND leaves after a truncation is skipped', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 2_000));
  story.follow();
  const size = 2_000 * (Story.lines(1, 1)[0].length + 1);
  truncateSync(story.log, 0);
  truncateSync(story.log, size);
  story.write(...Story.lines(2_001, 2_010));
  story.tick();
  assert.equal(story.read(), '1-2010');
  assert.equal(story.sink.skippedBytes, size);
});
