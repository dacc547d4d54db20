import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPlain, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { ChunkPace } from '../../../src/sources/tail/chunk-pace.ts';
import { GenerationQueue, isHeld } from '../../../src/sources/tail/generation-queue.ts';
import { BEGINNING } from '../../../src/sources/tail/position.ts';
import { LineSink, Story } from './story.ts';

test('the oldest file is read first, and let go when it is quiet and has a successor', (t) => {
  const { log } = new Story(t);
  const sink = new LineSink();
  let nowMs = 0;
  const limits = { files: 1, lineBytes: 1_000, quietMs: 5_000, holdMs: 60_000, generations: 8, archiveBytes: 1 };
  const environment = {
    sink,
    clock: { now: () => nowMs },
    buffer: Buffer.alloc(4_096),
    chunks: new ChunkPace(),
    limits,
  };
  const queue = new GenerationQueue({ path: log, key: log }, log, {
    ...environment,
    isTaken: () => false,
    wake: () => {},
  });
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
