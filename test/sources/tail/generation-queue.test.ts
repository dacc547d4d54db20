import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPlain, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { ChunkPace } from '../../../src/sources/tail/chunk-pace.ts';
import { GenerationQueue, isHeld } from '../../../src/sources/tail/generation-queue.ts';
import { BEGINNING } from '../../../src/sources/tail/position.ts';
import { LineSink, Story } from './story.ts';

function queueOf(log: string, sink: LineSink, now: () => number, truncated = () => {}): GenerationQueue {
  const limits = { files: 1, lineBytes: 1_000, quietMs: 5_000, holdMs: 60_000, generations: 8, archiveBytes: 1 };
  const environment = {
    sink,
    clock: { now },
    buffer: Buffer.alloc(4_096),
    chunks: new ChunkPace(),
    limits,
  };
  const follow = { path: log, key: log };
  return new GenerationQueue(follow, log, { ...environment, isTaken: () => false, wake: () => {}, truncated });
}

test('the oldest file is read first, and let go when it is quiet and has a successor', (t) => {
  const { log } = new Story(t);
  const sink = new LineSink();
  let nowMs = 0;
  const queue = queueOf(log, sink, () => nowMs);
  t.after(() => queue.close());
  writeFileSync(log, 'one\n');
  queue.push(new PlainSource(openPlain(log)), BEGINNING, log);
  const old = queue.all()[0].facts;
  renameSync(log, `${log}.1`);
  queue.retire();
  writeFileSync(log, 'three\n');
  const next = new PlainSource(openPlain(log));
  assert.equal(queue.adoptUnread(next), 0, 'the renamed file is the one held');
  queue.push(next, BEGINNING, log);
  appendFileSync(`${log}.1`, 'two\n');
  queue.observe();
  while (queue.hasPending()) queue.step();
  assert.deepEqual(sink.lines, ['one', 'two', 'three']);
  nowMs = 4_999;
  queue.finishDrained();
  assert.equal(isHeld(queue.all(), old), true);
  nowMs = 5_000;
  queue.finishDrained();
  assert.equal(isHeld(queue.all(), old), false);
  assert.equal(queue.all().length, 1);
});

test('a truncation is told, a rotation by rename is none', (t) => {
  const { log } = new Story(t);
  const sink = new LineSink();
  let truncations = 0;
  const queue = queueOf(
    log,
    sink,
    () => 0,
    () => void truncations++,
  );
  t.after(() => queue.close());
  const follow = () => queue.push(new PlainSource(openPlain(log)), BEGINNING, log);
  const readAll = () => {
    queue.observe();
    while (queue.hasPending()) queue.step();
  };
  writeFileSync(log, 'one\n');
  follow();
  readAll();
  renameSync(log, `${log}.1`);
  queue.retire();
  writeFileSync(log, 'two\nthree\n');
  follow();
  readAll();
  assert.equal(truncations, 0);
  writeFileSync(log, 'four\n');
  readAll();
  assert.equal(truncations, 1);
  assert.deepEqual(sink.lines, ['one', 'two', 'three', 'four']);
});
