import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

test('what was not read before the truncation is read from the copy', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  story.write(...Story.lines(11, 20));
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 22));
  story.tick();
  assert.equal(story.read(), '1-22');
  assert.equal(story.losses(), 'truncated:0', 'that nothing was lost cannot be proven');
  story.tick(60_000);
  assert.equal(story.read(), '1-22', 'the copy is read once');
});

test('without a copy the lower bound is what was seen and not read', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  appendFileSync(story.log, 'x'.repeat(123));
  story.tick();
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 22));
  story.tick();
  assert.equal(story.read(), '1-10 21-22');
  assert.equal(story.losses(), 'truncated:123');
});

test('a copy with another name than rotation gives is found by its content', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  story.write(...Story.lines(11, 20));
  copyFileSync(story.log, `${story.log}.saved-by-hand`);
  truncateSync(story.log, 0);
  story.tick();
  assert.equal(story.read(), '1-20');
});

test('rotations after a copytruncate do not read its copy again', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(11, 20));
  story.tick();
  copyFileSync(`${story.log}.1`, `${story.log}.2`);
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 30));
  story.tick();
  story.follow(await story.die());
  story.tick(60_000);
  assert.equal(story.read(), '1-30');
});

for (const isRestarted of [false, true]) {
  test(`what was read though it is in no copy: the copy is not read again (restart: ${isRestarted})`, async (t) => {
    const story = new Story(t);
    story.write(...Story.lines(1, 10));
    story.follow();
    copyFileSync(story.log, `${story.log}.1`);
    story.write(...Story.lines(11, 12));
    story.tick();
    const saved = isRestarted ? await story.die() : undefined;
    truncateSync(story.log, 0);
    story.write(...Story.lines(13, 14));
    if (isRestarted) story.follow(saved);
    story.tick(60_000);
    assert.equal(story.read(), '1-14');
    assert.equal(story.losses(), 'truncated:0');
  });
}

test('two truncations between two looks', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  story.write(...Story.lines(11, 20));
  copyFileSync(story.log, `${story.log}.2`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 30));
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(31, 40));
  story.tick();
  assert.equal(story.read(), '1-40');
  assert.equal(story.losses(), 'truncated:0');
});

test('an empty file that was filled, copied and emptied between two looks', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  truncateSync(story.log, 0);
  story.follow();
  story.write(...Story.lines(11, 20));
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(21, 30));
  story.tick();
  assert.equal(story.read(), '11-30');
  assert.equal(story.losses(), 'truncated:0');
});

test('a copy that is there before the truncation is not read beside its original', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  truncateSync(story.log, 0);
  story.follow();
  story.write(...Story.lines(1, 10));
  copyFileSync(story.log, `${story.log}.1`);
  story.tick();
  assert.equal(story.read(), '1-10');
  truncateSync(story.log, 0);
  story.write(...Story.lines(11, 20));
  story.tick();
  assert.equal(story.read(), '1-20');
});

test('the same at a restart', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  truncateSync(story.log, 0);
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(1, 10));
  copyFileSync(story.log, `${story.log}.1`);
  story.follow(saved);
  assert.equal(story.read(), '1-10');
  assert.equal(story.losses(), '');
});
