import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { Story } from './story.ts';

function shift(log: string): void {
  for (let number = 8; number >= 1; number -= 1) {
    if (existsSync(`${log}.${number}`)) renameSync(`${log}.${number}`, `${log}.${number + 1}`);
  }
  renameSync(log, `${log}.1`);
}

test('five renames between two looks, numbered names', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  for (let round = 1; round <= 5; round += 1) {
    shift(story.log);
    story.write(...Story.lines(round * 10 + 1, round * 10 + 10));
  }
  story.tick();
  assert.equal(story.read(), '1-60');
  assert.equal(story.losses(), '');
});

test('five renames between two looks, dated names', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  for (let round = 1; round <= 5; round += 1) {
    renameSync(story.log, `${story.log}.20261121-08203${round}`);
    story.write(...Story.lines(round * 10 + 1, round * 10 + 10));
  }
  story.tick();
  assert.equal(story.read(), '1-60');
});

test('what was beside the file before it was followed is history', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  shift(story.log);
  story.write(...Story.lines(11, 20));
  story.follow();
  shift(story.log);
  story.write(...Story.lines(21, 30));
  story.tick(2_000);
  story.tick(60_000);
  shift(story.log);
  story.write(...Story.lines(31, 40));
  story.tick(60_000);
  assert.equal(story.read(), '11-40');
});

test('twenty renames do not keep more than the limit open', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  for (let round = 1; round <= 20; round += 1) {
    renameSync(story.log, `${story.log}.20261121-0820${10 + round}`);
    story.write(...Story.lines(round * 10 + 1, round * 10 + 10));
    story.tick(100);
  }
  assert.equal(story.read(), '1-210');
  const { files } = JSON.parse(story.checkpoint.text()).tail;
  assert.equal(files[story.log].generations.length, 9);
});
