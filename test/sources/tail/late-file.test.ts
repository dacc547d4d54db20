import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Story } from './story.ts';

test('a file born after the start is read from its beginning', (t) => {
  const story = new Story(t, { startAt: 'end' });
  story.follow();
  story.write(...Story.lines(1, 10));
  story.tick();
  assert.equal(story.read(), '1-10');
});

test('a file born while the process was down is read from its beginning', async (t) => {
  const story = new Story(t, { startAt: 'end' });
  story.nowMs -= 120_000;
  story.follow();
  const saved = await story.die();
  story.write(...Story.lines(1, 10));
  story.follow(saved);
  assert.equal(story.read(), '1-10');
});

test('a file that was there at the first start is read from its end: after the last newline', (t) => {
  const story = new Story(t, { startAt: 'end' });
  writeFileSync(story.log, `${Story.lines(1, 10).join('\n')}\n${Story.lines(11, 11)[0].slice(0, 50)}`);
  story.follow();
  writeFileSync(story.log, `${Story.lines(11, 11)[0].slice(50)}\n`, { flag: 'a' });
  story.tick();
  assert.equal(story.read(), '11');
});

test('a pattern takes up new files and leaves their archives alone', (t) => {
  const base = new Story(t);
  const story = new Story(t, { globs: [`${dirname(base.log)}/*`] });
  writeFileSync(`${base.log}.1`, `${Story.lines(1, 10).join('\n')}\n`);
  writeFileSync(`${base.log}.2.gz`, 'whatever');
  story.follow();
  base.write(...Story.lines(11, 20));
  story.tick();
  renameSync(base.log, `${base.log}.1`);
  base.write(...Story.lines(21, 30));
  story.tick();
  story.tick();
  assert.equal(story.read(), '11-30');
  assert.deepEqual(story.sink.opened, [base.log]);
});

test('caughtUp says when the sizes seen at start are passed', async (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 5_000));
  story.follow();
  assert.equal(story.tailer.caughtUp(), false, 'not started');
  await story.tailer.start();
  assert.equal(story.tailer.caughtUp(), true, 'the first tick has read it all');
});

test('no more files than the limit are followed, and the rest is refused with the reason', (t) => {
  const base = new Story(t);
  const story = new Story(t, { globs: [`${dirname(base.log)}/*.log`], limits: { files: 3 } });
  for (let number = 1; number <= 5; number += 1) writeFileSync(`${dirname(base.log)}/${number}.log`, `${number}\n`);
  story.follow();
  const refused = story.tailer.status().filter(({ state }) => state === 'refused');
  assert.equal(story.tailer.status().length, 5);
  assert.deepEqual(
    refused.map(({ error }) => error),
    Array(2).fill('not followed: no more than 3 files are followed at once (file_limit)'),
  );
});
