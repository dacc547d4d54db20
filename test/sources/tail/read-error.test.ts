import assert from 'node:assert/strict';
import fs, { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { mock, type TestContext, test } from 'node:test';
import { openPlain, PartSource, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { ChunkPace } from '../../../src/sources/tail/chunk-pace.ts';
import { Generation } from '../../../src/sources/tail/generation.ts';
import { GenerationQueue } from '../../../src/sources/tail/generation-queue.ts';
import { digest, headOf } from '../../../src/sources/tail/identity.ts';
import { BEGINNING } from '../../../src/sources/tail/position.ts';
import { LineSink, Story } from './story.ts';

class BadDisk extends PlainSource {
  isBroken = true;

  override read(target: Buffer, position: number): number {
    if (this.isBroken) throw new Error('EIO: i/o error, read');
    return super.read(target, position);
  }
}

class BadPart extends PartSource {
  isBroken = true;

  override read(target: Buffer, position: number): number {
    if (this.isBroken) throw new Error('EIO: i/o error, read');
    return super.read(target, position);
  }
}

const TEXT = 'one\ntwo\nthree\nfour\n';

function rig(t: TestContext, generations = 8) {
  const { log } = new Story(t);
  writeFileSync(log, TEXT);
  const sink = new LineSink();
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const limits = { files: 1, lineBytes: 1_000, quietMs: 5_000, holdMs: 60_000, generations, archiveBytes: 1 };
  const queue = new GenerationQueue({ path: log, key: log }, log, {
    ...{ sink, clock, buffer: Buffer.alloc(4_096), chunks: new ChunkPace(), limits },
    ...{ isTaken: () => false, wake: () => {}, truncated: () => {} },
  });
  t.after(() => queue.close());
  const read = () => {
    while (queue.hasPending()) queue.step();
    return sink.lines.join(' ');
  };
  /** Two lines in the middle, which cannot be read. */
  const addPart = () => {
    const source = new BadPart(openPlain(log), 14);
    const position = {
      offset: 4,
      head: headOf(Buffer.from(TEXT.slice(0, 14))),
      tail: digest(Buffer.from('one\n')),
      skipping: false,
    };
    queue.restore([new Generation(source, 'part', { nowMs: clock.nowMs, position }), ...queue.all()]);
    return source;
  };
  return { log, sink, clock, queue, read, addPart };
}

test('a file that cannot be read is said to be so, and read when it has grown and can be', (t) => {
  const { log, queue, sink, read } = rig(t);
  const source = new BadDisk(openPlain(log));
  // What it begins with is read when it is taken up.
  source.isBroken = false;
  queue.push(source, BEGINNING, log);
  source.isBroken = true;
  assert.equal(read(), '');
  assert.match(queue.error ?? '', /EIO/);
  assert.equal(queue.all()[0].unreadBytes(), TEXT.length);
  source.isBroken = false;
  appendFileSync(log, 'five\n');
  queue.observe();
  assert.equal(read(), 'one two three four five');
  assert.equal(queue.error, undefined, 'what could be read again is no error any more');
  assert.deepEqual(sink.losses, []);
});

test('one that does not grow any more is tried again every few seconds', (t) => {
  const { log, queue, clock, read } = rig(t);
  const source = new BadDisk(openPlain(log));
  source.isBroken = false;
  queue.push(source, BEGINNING, log);
  source.isBroken = true;
  read();
  source.isBroken = false;
  clock.nowMs = 4_999;
  queue.observe();
  assert.equal(read(), '');
  clock.nowMs = 5_000;
  queue.observe();
  assert.equal(read(), 'one two three four');
  assert.equal(queue.error, undefined);
});

test('a renamed one that cannot be read is kept and tried again, and does not keep others', (t) => {
  const { log, queue, sink, read, clock } = rig(t);
  const source = new BadDisk(openPlain(log));
  source.isBroken = false;
  queue.push(source, BEGINNING, log);
  source.isBroken = true;
  queue.retire();
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'next\n');
  queue.push(new PlainSource(openPlain(log)), BEGINNING, log);
  assert.equal(read(), 'next');
  clock.nowMs = 5_000;
  queue.finishDrained();
  assert.match(queue.error ?? '', /EIO/);
  assert.equal(queue.all().length, 2);
  source.isBroken = false;
  clock.nowMs = 9_999;
  queue.finishDrained();
  assert.equal(read(), 'next', 'not at every look');
  clock.nowMs = 10_000;
  queue.finishDrained();
  assert.equal(read(), 'next one two three four');
  assert.equal(queue.all().length, 1);
  assert.deepEqual([queue.error, sink.losses.length], [undefined, 0]);
});

test('lines left to a thread that nobody can read: the same, and what comes after them is read', (t) => {
  const { log, queue, sink, read, addPart } = rig(t);
  const source = addPart();
  queue.push(
    new PlainSource(openPlain(log)),
    { ...BEGINNING, offset: 14, tail: digest(Buffer.from(TEXT.slice(0, 14))) },
    log,
  );
  assert.equal(read(), 'four');
  assert.match(queue.error ?? '', /EIO/);
  assert.equal(queue.all()[0].unreadBytes(), 10);
  source.isBroken = false;
  appendFileSync(log, 'five\n');
  queue.observe();
  assert.equal(read(), 'four two three five');
  assert.deepEqual([queue.all().length, queue.error, sink.losses.length], [1, undefined, 0]);
});

test('they are tried again where nothing is written, and are a loss of their own kind only when there are too many such', (t) => {
  const { queue, sink, read, addPart, clock } = rig(t, 1);
  const sources = [addPart(), addPart()];
  assert.equal(read(), '');
  sources[0].isBroken = false;
  clock.nowMs = 60_000;
  queue.finishDrained();
  assert.equal(read(), 'two three');
  addPart();
  addPart();
  read();
  queue.finishDrained();
  assert.deepEqual(sink.losses, [{ reason: 'unreadable', bytes: 10 }]);
  assert.equal(queue.all().length, 2);
});

test('they are truncated: a loss of what is in no copy', (t) => {
  const { log, queue, sink, read, addPart } = rig(t);
  addPart();
  read();
  truncateSync(log, 3);
  queue.observe();
  assert.deepEqual(sink.losses, [{ reason: 'truncated', bytes: 10 }]);
  assert.equal(queue.all().length, 0);
  addPart();
  assert.equal(read(), '');
});

test('a file that cannot be read at the first look after a restart is not read again from its beginning', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(11, 12));
  mock.method(fs, 'readSync', () => {
    throw new Error('EIO: i/o error, read');
  });
  syncBuiltinESMExports();
  t.after(() => mock.restoreAll());
  story.follow(saved);
  const [{ state, error }] = story.tailer.status();
  assert.deepEqual([state, error], ['refused', 'EIO: i/o error, read']);
  story.tick(1_000);
  mock.restoreAll();
  syncBuiltinESMExports();
  story.tick(1_000);
  assert.equal(story.read(), '1-12');
  assert.equal(story.tailer.status()[0].state, 'following');
});
