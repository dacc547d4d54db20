import assert from 'node:assert/strict';
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Story } from './story.ts';

function compress(path: string): void {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  unlinkSync(path);
}

test('after a downtime reading goes on in the archive, then in the newer ones, then in the file', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 6_000));
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(6_001, 12_000));
  renameSync(story.log, `${story.log}.20261121-082001`);
  compress(`${story.log}.20261121-082001`);
  story.write(...Story.lines(12_001, 18_000));
  renameSync(story.log, `${story.log}.20261121-082002`);
  compress(`${story.log}.20261121-082002`);
  story.write(...Story.lines(18_001, 20_000));
  renameSync(story.log, `${story.log}.20261121-082003`);
  story.write(...Story.lines(20_001, 20_010));
  story.follow(saved);
  await story.settle();
  story.sink.lines.sort();
  assert.equal(story.read(), '1-20010');
  assert.equal(story.losses(), '');
  assert.equal(story.tailer.lagBytes(), 0);
});

test('archives from before the checkpoint are not read', async (t) => {
  const story = new Story(t);
  writeFileSync(`${story.log}.3.gz`, gzipSync(`${Story.lines(900, 909).join('\n')}\n`));
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  renameSync(`${story.log}.3.gz`, `${story.log}.4.gz`);
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(11, 20));
  story.follow(saved);
  await story.settle();
  assert.equal(story.read(), '1-20');
});

test('a damaged archive is a loss with what its trailer says', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 100));
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(101, 20_000));
  const packed = gzipSync(readFileSync(story.log));
  packed.fill(0, packed.length >> 1, packed.length - 8);
  writeFileSync(`${story.log}.1.gz`, packed);
  unlinkSync(story.log);
  story.write(...Story.lines(20_001, 20_010));
  story.follow(saved);
  await story.settle();
  const delivered = new Set(story.sink.lines);
  assert.ok(Story.lines(20_001, 20_010).every((line) => delivered.has(line)));
  assert.deepEqual(
    story.sink.losses.map(({ reason }) => reason),
    ['unreadable_archive'],
  );
  assert.ok(story.sink.losses[0].bytes > 100_000);
});

test('a checkpoint whose file is nowhere any more is a loss', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  writeFileSync(story.log, 'x'.repeat(77), { flag: 'a' });
  story.tick();
  const saved = await story.die();
  unlinkSync(story.log);
  story.follow(saved);
  assert.equal(story.losses(), 'rotated_away:77');
});
