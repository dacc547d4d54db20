import assert from 'node:assert/strict';
import { readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Story } from './story.ts';

/** The kubelet's order: compress the older rotated file, unlink it, rename, create. */
function rotate(log: string, older: string | undefined, name: string): void {
  if (older !== undefined) {
    writeFileSync(`${log}.${older}.gz`, gzipSync(readFileSync(`${log}.${older}`)));
    unlinkSync(`${log}.${older}`);
  }
  renameSync(log, `${log}.${name}`);
}

test('twenty rotations in the order of the kubelet', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  for (let round = 1; round <= 20; round += 1) {
    rotate(story.log, round > 1 ? `20261121-0820${9 + round}` : undefined, `20261121-0820${10 + round}`);
    story.write(...Story.lines(round * 10 + 1, round * 10 + 10));
    story.tick(10_000);
  }
  await story.settle();
  assert.equal(story.read(), '1-210');
  assert.equal(story.losses(), '');
});

test('twenty rotations with a restart in each', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  for (let round = 1; round <= 20; round += 1) {
    const saved = await story.die();
    rotate(story.log, round > 1 ? `20261121-0820${9 + round}` : undefined, `20261121-0820${10 + round}`);
    story.write(...Story.lines(round * 10 + 1, round * 10 + 10));
    // Whether the file system reuses inodes is up to it: pretend that it did, birth included.
    const { dev, ino, birthtimeNs } = statSync(story.log, { bigint: true });
    const state = JSON.parse(saved);
    state.tail.files[story.log].generations.at(-1)[0] = `${dev}:${ino}:${birthtimeNs + BigInt(round % 2)}`;
    story.follow(JSON.stringify(state));
    await story.settle();
  }
  assert.equal(story.read(), '1-210');
  // Same birth too: cannot be told from a truncation.
  assert.equal(story.losses(), Array(10).fill('truncated:0').join(' '));
});

test('a file deleted and created again while nobody looked', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  unlinkSync(story.log);
  story.write(...Story.lines(11, 30));
  story.follow(saved);
  assert.equal(story.read(), '1-30');
  assert.equal(story.losses(), 'rotated_away:0');
});
