import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Tailer } from '../../../src/sources/line-source.ts';
import { LineSink, MemoryCheckpoint, Story } from './story.ts';

/** With real time: the only tests here that have to wait. */
function start(story: Story, startAt: 'end' | 'beginning' = 'beginning'): { tailer: Tailer; sink: LineSink } {
  const sink = new LineSink();
  const clock = { now: () => Date.now() };
  const checkpoint = new MemoryCheckpoint();
  return { sink, tailer: new Tailer({ globs: [`${dirname(story.log)}/*.log`], startAt, sink, clock, checkpoint }) };
}

async function until(condition: () => boolean, what: string): Promise<number> {
  const begunMs = performance.now();
  while (!condition()) {
    assert.ok(performance.now() - begunMs < 10_000, `waited too long until ${what}`);
    await sleep(5);
  }
  return performance.now() - begunMs;
}

/** One that has read the ten lines there are. */
async function readTen(t: TestContext) {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  const { tailer, sink } = start(story);
  t.after(() => tailer.stop());
  await tailer.start();
  await until(() => sink.lines.length === 10, 'what was there has been read');
  return { story, tailer, sink };
}

test('reads by itself, busy and idle, and takes up new files', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 1_000));
  const { tailer, sink } = start(story);
  t.after(() => tailer.stop());
  await tailer.start();
  assert.equal(tailer.caughtUp(), false);
  await until(() => tailer.caughtUp(), 'what was there has been read');
  assert.equal(sink.lines.length, 1_000);
  await sleep(2_500);
  story.write(...Story.lines(1_001, 1_001));
  await until(() => sink.lines.length === 1_001, 'the watch has woken it');
  story.write(...Story.lines(1_002, 1_002));
  await until(() => sink.lines.length === 1_002, 'the poll has found it');
  assert.equal(tailer.lagBytes(), 0);
});

test('who asks need not wait for the next look', async (t) => {
  const { story, tailer, sink } = await readTen(t);
  // The look after the first ones has found nothing: the next comes a second later.
  await sleep(300);
  story.write(...Story.lines(11, 20));
  assert.equal(sink.lines.length, 10);
  tailer.catchUp();
  assert.equal(sink.lines.length, 20);
  await tailer.stop();
  story.write(...Story.lines(21, 30));
  tailer.catchUp();
  assert.equal(sink.lines.length, 20, 'nothing is read after the end');
});

test('who asks right after somebody else is told what that one has found', async (t) => {
  const { story, tailer, sink } = await readTen(t);
  await sleep(300);
  story.write(...Story.lines(11, 20));
  tailer.catchUp();
  story.write(...Story.lines(21, 30));
  tailer.catchUp();
  assert.equal(sink.lines.length, 20, 'looked at a moment ago');
  await sleep(30);
  tailer.catchUp();
  assert.equal(sink.lines.length, 30);
});

test('a file that was gone for long is found when it is there again, however often somebody asks', async (t) => {
  const { story, tailer, sink } = await readTen(t);
  rmSync(story.log);
  await sleep(2_500);
  const asking = setInterval(() => tailer.catchUp(), 5);
  t.after(() => clearInterval(asking));
  await sleep(1_000);
  story.write(...Story.lines(11, 20));
  const tookMs = await until(() => sink.lines.length === 20, 'the scan has found it');
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
});

test('stop keeps what a last checkpoint needs, and lets go everything', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 10));
  const { tailer, sink } = start(story);
  await tailer.start();
  await until(() => tailer.caughtUp(), 'what was there has been read');
  const before = JSON.stringify(tailer.save());
  await tailer.stop();
  await tailer.stop();
  assert.equal(JSON.stringify(tailer.save()), before);
  assert.deepEqual(tailer.status(), []);
  story.write(...Story.lines(11, 20));
  await sleep(150);
  assert.equal(sink.lines.length, 10);
});

test('a pattern that is none is refused at once', (t) => {
  const story = new Story(t, { globs: ['logs/*.log'] });
  assert.throws(() => story.follow(), /absolute path/);
});

test('two files with much to read take turns', (t) => {
  const base = new Story(t);
  const turns: string[] = [];
  class TurnSink extends LineSink {
    override onBlock(
      file: { path: string; key: string },
      buffer: Buffer,
      start: number,
      end: number,
      final: boolean,
    ): number {
      turns.push(file.path.slice(-5, -4));
      return super.onBlock(file, buffer, start, end, final);
    }
  }
  const story = new Story(t, { globs: [`${dirname(base.log)}/*.log`] });
  story.sink = new TurnSink();
  for (const name of ['a', 'b']) {
    Object.assign(base, { log: `${dirname(base.log)}/${name}.log` });
    base.write(...Story.lines(1, 10_000));
  }
  story.follow();
  assert.equal(story.sink.lines.length, 20_000);
  assert.match(turns.join(''), /^(ab){3}/);
});

test('held, it reads nothing, whoever asks; let go, it goes on where it was', async (t) => {
  const { story, tailer, sink } = await readTen(t);
  tailer.hold();
  const offset = () => {
    const { files } = tailer.save() as { files: Record<string, { generations: readonly (readonly unknown[])[] }> };
    return files[story.log].generations[0][3];
  };
  const before = offset();
  story.write(...Story.lines(11, 20));
  tailer.catchUp();
  // Looks at growing files come every 100 ms, and each second one for others.
  await sleep(1_200);
  assert.equal(sink.lines.length, 10);
  assert.equal(offset(), before, 'a save meanwhile belongs to what was counted before');
  tailer.letGo();
  await until(() => sink.lines.length === 20, 'what came meanwhile has been read');
  assert.notEqual(offset(), before);
  assert.deepEqual(sink.lines, Story.lines(1, 20));
});
