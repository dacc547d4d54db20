import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { MOST_RANGE_BYTES, RANGE_BYTES } from '../../../src/sources/file-range.ts';
import { RangeStory } from './range-story.ts';
import { Story } from './story.ts';

/** Some 5 MiB. */
const MANY = 50_000;

function begin(t: TestContext): RangeStory {
  const story = new RangeStory(t);
  story.write(...Story.lines(1, MANY));
  story.follow();
  return story;
}

async function readAll({ tailer }: RangeStory): Promise<void> {
  await tailer.start();
  for (const deadline = Date.now() + 10_000; tailer.lagBytes() > 0; await new Promise((go) => setTimeout(go, 2)))
    assert.ok(Date.now() < deadline);
}

test('a sink that reads ranges itself is left what is far ahead, and gets the rest', (t) => {
  const story = begin(t);
  const { taken, lines, behind } = story.sink;
  assert.deepEqual(behind, [MANY * (Story.lines(1, 1)[0].length + 1)]);
  assert.ok(taken.length >= 3);
  assert.ok(taken[0].range.from > 0, 'the beginning is read at once');
  for (const { range } of taken)
    assert.ok(range.to - range.from <= RANGE_BYTES && range.to - range.from > RANGE_BYTES - 200);
  assert.ok(lines.length > 0 && lines.length < MANY);
  assert.equal(story.tailer.lagBytes(), 0);
  story.sink.readTaken();
  story.isWhole(MANY);
  assert.equal(story.losses(), '');
});

test('far behind the ranges are long, and shorter towards the end; each is whole lines', (t) => {
  const story = new RangeStory(t);
  for (const part of [0, 1, 2, 3]) story.write(...Story.lines(part * MANY + 1, (part + 1) * MANY));
  story.follow();
  const lengths = story.sink.taken.map(({ range }) => range.to - range.from);
  const most = lengths.map((length) => (length > RANGE_BYTES ? MOST_RANGE_BYTES : RANGE_BYTES));
  assert.deepEqual(
    most,
    most.toSorted((a, b) => b - a),
  );
  assert.ok(most[0] === MOST_RANGE_BYTES && most.at(-1) === RANGE_BYTES);
  for (const [i, length] of lengths.entries()) assert.ok(length <= most[i] && length > most[i] - 200);
  story.sink.readTaken();
  story.isWhole(4 * MANY);
  assert.equal(story.losses(), '');
});

test('a sink that refuses gets blocks', (t) => {
  const story = new RangeStory(t);
  story.sink.answer = 'refused';
  story.write(...Story.lines(1, MANY));
  story.follow();
  assert.ok(story.sink.offered > 0);
  story.isWhole(MANY);
});

test('nothing is looked for that a sink does not want', async (t) => {
  const story = new RangeStory(t);
  story.sink.wish = 'full';
  story.write(...Story.lines(1, MANY));
  story.follow();
  assert.ok(story.sink.lines.length < MANY && story.tailer.lagBytes() > 4_000_000);
  story.sink.wish = 'refused';
  await readAll(story);
  assert.equal(story.sink.offered, 0);
  story.isWhole(MANY);
});

test('a sink without room is asked again; until then nothing of this file is read', async (t) => {
  const story = new RangeStory(t);
  story.sink.answer = 'full';
  story.write(...Story.lines(1, MANY));
  story.follow();
  const before = story.sink.lines.length;
  assert.ok(before < MANY);
  story.tick();
  assert.equal(story.sink.lines.length, before);
  assert.ok(story.tailer.lagBytes() > 4_000_000);
  story.sink.answer = 'taken';
  await readAll(story);
  story.sink.readTaken();
  story.isWhole(MANY);
});

test('what was renamed and deleted is still read', (t) => {
  const story = begin(t);
  renameSync(story.log, `${story.log}.1`);
  story.write(...Story.lines(MANY + 1, MANY + 10));
  story.tick();
  rmSync(`${story.log}.1`);
  story.sink.readTaken();
  story.isWhole(MANY + 10);
  assert.equal(story.losses(), '');
});

test('what was truncated is read from the copy', (t) => {
  const story = begin(t);
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(MANY + 1, MANY + 10));
  story.tick();
  story.sink.readTaken();
  story.isWhole(MANY + 10);
  assert.equal(story.losses(), 'truncated:0', 'the one of the truncation');
});

test('what was truncated and has grown again is read from the copy', (t) => {
  const story = begin(t);
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...Story.lines(MANY + 1, 2 * MANY + 5000));
  story.tick();
  const old = story.sink.taken.filter(({ range }) => range.from < 5_000_000);
  assert.ok(old.length > 0);
  story.sink.readTaken();
  story.isWhole(2 * MANY + 5000);
  assert.equal(story.losses(), 'truncated:0');
});

test('the same where all lines are equally long and end alike', (t) => {
  const lines = (from: number, to: number) => Story.lines(from, to).map((line) => line.replace(/\d+$/, 'x'.repeat(80)));
  const story = new RangeStory(t);
  story.write(...lines(1, MANY));
  story.follow();
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(story.log, 0);
  story.write(...lines(MANY + 1, 3 * MANY));
  story.tick();
  story.sink.readTaken();
  assert.deepEqual(story.sink.lines.toSorted(), lines(1, 3 * MANY));
  assert.equal(story.losses(), 'truncated:0');
});

test('without a copy it is a loss of so many bytes', (t) => {
  const story = begin(t);
  const left = story.sink.taken.map(({ range: { from, to } }) => to - from);
  truncateSync(story.log, 0);
  story.sink.readTaken();
  assert.equal(story.losses(), left.map((bytes) => `truncated:${bytes}`).join(' '));
});

test('a copy that lacks the end gives what it has', (t) => {
  const story = begin(t);
  const [{ range }] = story.sink.taken;
  const before = story.sink.lines.length;
  copyFileSync(story.log, `${story.log}.1`);
  truncateSync(`${story.log}.1`, range.to - 150);
  truncateSync(story.log, 0);
  story.sink.taken.splice(1);
  story.sink.readTaken();
  const length = Story.lines(1, 1)[0].length + 1;
  const lines = (range.to - range.from) / length;
  assert.equal(story.sink.lines.length - before, lines - 2);
  assert.equal(story.losses(), `truncated:${2 * length}`);
});

test('what a thread could not read the tailer reads itself', (t) => {
  const story = begin(t);
  story.sink.fail(2);
  assert.ok(story.tailer.lagBytes() > RANGE_BYTES, 'it is behind again');
  story.sink.readTaken();
  assert.notEqual(story.sink.lines.length, MANY);
  story.write(...Story.lines(MANY + 1, MANY + 10));
  story.tick();
  story.isWhole(MANY + 10);
  assert.deepEqual([story.tailer.lagBytes(), story.losses()], [0, '']);
  assert.doesNotMatch(story.checkpoint.text(), /,\d+,[01],\d+\]/, 'no part is left');
});

test('the same when the file is truncated before that: from the copy, or a loss of so many bytes', (t) => {
  const story = begin(t);
  const [{ range }] = story.sink.taken;
  copyFileSync(story.log, `${story.log}.1`);
  story.sink.fail(1);
  truncateSync(story.log, 0);
  story.tick();
  story.sink.readTaken();
  story.isWhole(MANY);
  assert.equal(story.losses(), 'truncated:0');
  const other = begin(t);
  other.sink.fail(1);
  truncateSync(other.log, 0);
  other.sink.taken.splice(0);
  other.tick();
  assert.match(other.losses(), new RegExp(`truncated:${range.to - range.from}\\b`));
});

for (const rotation of ['stays', 'renamed', 'copied'] as const) {
  test(`after a restart it is still to be read, and nothing else twice (${rotation})`, async (t) => {
    const story = begin(t);
    story.sink.fail(1);
    story.sink.readTaken();
    const saved = await story.die();
    if (rotation === 'renamed') renameSync(story.log, `${story.log}.1`);
    if (rotation === 'copied') copyFileSync(story.log, `${story.log}.1`);
    if (rotation === 'copied') truncateSync(story.log, 0);
    story.write(...Story.lines(MANY + 1, MANY + 10));
    story.follow(saved);
    story.tick(60_000);
    story.isWhole(MANY + 10);
    assert.equal(story.tailer.lagBytes(), 0);
    assert.equal(story.losses(), rotation === 'copied' ? 'truncated:0' : '');
  });
}

test('after a restart without that file it is a loss of so many bytes', async (t) => {
  const story = begin(t);
  const [{ range }] = story.sink.taken;
  story.sink.fail(1);
  story.sink.readTaken();
  const saved = await story.die();
  rmSync(story.log);
  story.follow(saved);
  assert.equal(story.losses(), `rotated_away:${range.to - range.from} rotated_away:0`);
});

test('a restart reads on behind what was left', async (t) => {
  const story = begin(t);
  story.sink.readTaken();
  appendFileSync(story.log, Story.lines(MANY + 1, MANY + 3).join('\n'));
  story.follow(await story.die());
  appendFileSync(story.log, '\n');
  story.tick();
  story.isWhole(MANY + 3);
});
