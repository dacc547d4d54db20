import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ChunkPace } from '../../../src/sources/tail/chunk-pace.ts';

const LINE = `${'x'.repeat(99)}\n`;
const BLOCK = Buffer.from(LINE.repeat(2600));

/** What each hand-over of a whole block was given, when taking it takes so many milliseconds. */
function setUp(t: TestContext) {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const pace = new ChunkPace();
  return (ms: number, block = BLOCK) => {
    const { end, used } = pace.handOver(block, 0, block.length, (stop) => {
      nowMs += ms;
      return stop;
    });
    assert.equal(used, end);
    return end;
  };
}

test('little is handed over until it was taken quickly, then twice as much, and half of it after a long time', (t) => {
  const handOver = setUp(t);
  const least = handOver(8);
  assert.ok(least > 20_000 && least < 30_000, `${least}`);
  assert.equal(least % LINE.length, 0, 'whole lines');
  assert.equal(handOver(8), least, 'neither quick nor slow');
  handOver(1);
  const more = handOver(8);
  assert.ok(more > 1.9 * least && more <= 2.1 * least, `${more}`);
  for (let i = 0; i < 9; i++) handOver(0.5);
  assert.equal(handOver(5), BLOCK.length);
  for (let i = 0; i < 20; i++) handOver(20);
  assert.equal(handOver(8), least, 'never less');
});

test('after a long quick time, one slow hand-over is enough for the next to be half of a block', (t) => {
  const handOver = setUp(t);
  for (let i = 0; i < 50; i++) handOver(0.5);
  assert.equal(handOver(20), BLOCK.length);
  const next = handOver(5);
  assert.ok(next > 0.4 * BLOCK.length && next < 0.6 * BLOCK.length, `${next}`);
});

test('a few lines say nothing of how quickly many are taken', (t) => {
  const handOver = setUp(t);
  const least = handOver(8);
  for (let i = 0; i < 9; i++) assert.equal(handOver(0.01, Buffer.from(LINE)), LINE.length);
  assert.equal(handOver(8), least);
});

test('who can do nothing with a part is given all: a line that is longer, and one that must wait for its rest', () => {
  const pace = new ChunkPace();
  const given: number[] = [];
  const long = Buffer.from('y'.repeat(60_000));
  assert.deepEqual(
    pace.handOver(long, 0, long.length, (stop) => given.push(stop) - 1),
    { end: long.length, used: 0 },
  );
  assert.deepEqual(given.splice(0), [long.length]);
  const { end, used } = pace.handOver(BLOCK, 0, BLOCK.length, (stop) => {
    given.push(stop);
    return stop === BLOCK.length ? 777 : 0;
  });
  assert.deepEqual([end, used, given.length], [BLOCK.length, 777, 2]);
});
