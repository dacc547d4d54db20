import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { RANGE_BYTES, type RangeAhead } from '../../../src/sources/file-range.ts';
import { openPlain, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { ChunkPace } from '../../../src/sources/tail/chunk-pace.ts';
import { Generation, type ReadContext } from '../../../src/sources/tail/generation.ts';
import { HEAD_BYTES } from '../../../src/sources/tail/identity.ts';
import type { Position } from '../../../src/sources/tail/position.ts';
import { LineSink, Story } from './story.ts';

function open(t: TestContext, text: string, position?: Position) {
  const { log } = new Story(t);
  writeFileSync(log, text);
  const source = new PlainSource(openPlain(log));
  t.after(() => source.close());
  const sink = new LineSink();
  const context: ReadContext = {
    follow: { path: log, key: log },
    sink,
    buffer: Buffer.alloc(1_024),
    chunks: new ChunkPace(),
    lineBytes: 256,
    onVanished: () => assert.fail(),
    onFailed: () => assert.fail(),
  };
  return {
    log,
    source,
    sink,
    context,
    generation: new Generation(source, 'live', position ? { nowMs: 0, position } : { nowMs: 0 }),
  };
}

test('whole lines are consumed, the rest is seen and kept', (t) => {
  const { log, sink, context, generation } = open(t, 'one\ntwo\nthr');
  assert.equal(generation.step(context), 'idle');
  assert.deepEqual([generation.offset, generation.readTo, generation.unreadBytes()], [8, 11, 3]);
  appendFileSync(log, 'ee\n');
  generation.observe(generation.source.facts(), 1);
  assert.equal(generation.step(context), 'idle');
  assert.deepEqual(sink.lines, ['one', 'two', 'three']);
});

test('a block is at most the buffer, and there is more after a full one', (t) => {
  const { sink, context, generation } = open(t, 'x'.repeat(99).concat('\n').repeat(30));
  assert.equal(generation.step(context), 'again');
  while (generation.pending) generation.step(context);
  assert.equal(sink.lines.length, 30);
  assert.ok(sink.largestBlock <= 1_024);
});

test('a position with another tail is noticed at the first read', (t) => {
  const { context, generation } = open(t, 'one\ntwo\n', {
    offset: 4,
    head: { length: 0, hash: '' },
    tail: 'something else',
    skipping: false,
  });
  assert.equal(generation.step(context), 'rewritten');
});

test('of a file that began with little more is known before much of it is left to the sink', (t) => {
  const { log, sink, context, generation } = open(t, 'one\n');
  generation.step(context);
  assert.equal(generation.head.length, 4);
  appendFileSync(
    log,
    'x'
      .repeat(99)
      .concat('\n')
      .repeat((3 * RANGE_BYTES) / 100),
  );
  generation.observe(generation.source.facts(), 1);
  let from = 0;
  const leaving = Object.assign(sink, {
    onRange(_: unknown, range: RangeAhead) {
      from = range.from;
      return 'taken' as const;
    },
  });
  assert.equal(generation.step({ ...context, sink: leaving }), 'again');
  assert.deepEqual([from, generation.head.length], [4, HEAD_BYTES]);
  assert.ok(generation.offset > RANGE_BYTES / 2);
});

test('finish hands over the unterminated line once', (t) => {
  const { sink, context, generation } = open(t, 'one\ntw');
  generation.step(context);
  assert.equal(generation.finish(context), true);
  assert.equal(generation.finish(context), true);
  assert.deepEqual(sink.lines, ['one', 'tw']);
});

test('finish refuses while there is more than a buffer', (t) => {
  const { log, context, generation } = open(t, 'one\n');
  generation.step(context);
  appendFileSync(log, 'y'.repeat(5_000));
  assert.equal(generation.finish(context), false);
  assert.equal(generation.pending, true);
});

test('a shrunk file is noticed by its size, and a mark on what is destroyed does not hold', (t) => {
  const { log, context, generation } = open(t, 'one\ntwo\n');
  generation.mark();
  assert.equal(generation.isPastMark(), false);
  generation.step(context);
  truncateSync(log, 0);
  assert.equal(generation.observe(generation.source.facts(), 1), false);
  generation.restart();
  assert.equal(generation.isPastMark(), true);
});
