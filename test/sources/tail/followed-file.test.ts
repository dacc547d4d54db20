import assert from 'node:assert/strict';
import { appendFileSync, linkSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Story } from './story.ts';

test('status says where a file is', (t) => {
  const story = new Story(t);
  story.follow();
  const [missing] = story.tailer.status();
  assert.deepEqual(missing, { path: story.log, state: 'missing', behindBytes: 0, lastReadMs: null, offset: 0 });
  appendFileSync(story.log, 'whole\nhalf');
  story.tick(1_000);
  const [following] = story.tailer.status();
  assert.deepEqual(following, {
    path: story.log,
    state: 'following',
    behindBytes: 4,
    lastReadMs: story.nowMs,
    offset: 6,
  });
});

test('two paths that come to mean the same file: the second is refused', (t) => {
  const base = new Story(t);
  const [a, b] = ['a', 'b'].map((name) => `${dirname(base.log)}/${name}.log`);
  const story = new Story(t, { globs: [a, b] });
  appendFileSync(a, 'from a\n');
  appendFileSync(b, 'from b\n');
  story.follow();
  unlinkSync(b);
  linkSync(a, b);
  story.tick(1_000);
  assert.match(story.tailer.status()[1].error ?? '', /followed under another path/);
  appendFileSync(a, 'more\n');
  story.tick(1_000);
  assert.deepEqual(story.sink.lines, ['from a', 'from b', 'more']);
  renameSync(a, `${a}.1`);
  unlinkSync(b);
  appendFileSync(b, 'b again\n');
  story.tick(1_000);
  assert.deepEqual(story.sink.lines.slice(3), ['b again']);
  assert.equal(story.tailer.status()[1].error, undefined);
});

test('what goes wrong inside a look is in the status, and the next look goes on', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 2));
  let fails = true;
  const { onLoss } = story.sink;
  story.sink.onLoss = (...args) => {
    if (fails) throw new Error('a sink that throws');
    onLoss.apply(story.sink, args);
  };
  story.follow();
  truncateSync(story.log, 0);
  story.tick();
  assert.match(story.tailer.status()[0].error ?? '', /a sink that throws/);
  fails = false;
  story.write(...Story.lines(3, 4));
  story.tick();
  assert.equal(story.read(), '1-4');
  assert.equal(story.tailer.status()[0].error, undefined);
});
