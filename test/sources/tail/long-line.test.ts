import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Story } from './story.ts';

test('a line without end is skipped to its newline, and its bytes are counted', (t) => {
  const story = new Story(t);
  const long = 'y'.repeat(600_000);
  story.write(...Story.lines(1, 1), long, ...Story.lines(2, 2));
  story.follow();
  assert.equal(story.read(), '1-2');
  assert.equal(story.sink.skippedBytes, long.length + 1);
});

test('a restart inside a line without end goes on skipping', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 1));
  story.follow();
  const { appendFileSync } = await import('node:fs');
  appendFileSync(story.log, 'y'.repeat(70_000));
  story.tick();
  assert.equal(story.sink.skippedBytes, 70_000);
  story.follow(await story.die());
  appendFileSync(story.log, `${'y'.repeat(1_000)}\n${Story.lines(2, 2)}\n`);
  story.tick();
  assert.equal(story.read(), '1-2');
  assert.equal(story.sink.skippedBytes, 71_001);
});

test('a line just under the limit is delivered whole', (t) => {
  const story = new Story(t);
  const line = 'z'.repeat(65_535);
  story.write(line);
  story.follow();
  assert.deepEqual(story.sink.lines, [line]);
});
