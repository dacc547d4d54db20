import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { WakeTail } from '../../../src/sources/tail/wake-tail.ts';
import { Story } from './story.ts';

// The watch itself keeps no process alive.
let alive: NodeJS.Timeout;
beforeEach(() => {
  alive = setInterval(() => {}, 1_000);
});
afterEach(() => clearInterval(alive));

test('wakes at a change and not after it was disarmed', async (t) => {
  const story = new Story(t);
  story.write('one');
  const sentinel = new WakeTail(story.log);
  t.after(() => sentinel.disarm());
  let woken = 0;
  sentinel.on('wake', () => {
    woken += 1;
  });
  sentinel.arm();
  sentinel.arm();
  await once(sentinel, 'armed');
  const wake = once(sentinel, 'wake');
  story.write('two');
  await wake;
  sentinel.disarm();
  const before = woken;
  story.write('three');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(woken, before);
});

test('a missing file and a missing directory are errors, not crashes, and can be armed again', async (t) => {
  const story = new Story(t);
  const sentinel = new WakeTail(story.log);
  t.after(() => sentinel.disarm());
  sentinel.arm();
  const [error] = await once(sentinel, 'error');
  assert.equal(error.code, 'ENOENT');
  rmSync(dirname(story.log), { recursive: true });
  sentinel.arm();
  await once(sentinel, 'error');
});

test('disarmed before it was armed: no watcher stays', async (t) => {
  const story = new Story(t);
  story.write('one');
  const sentinel = new WakeTail(story.log);
  sentinel.arm();
  sentinel.disarm();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(!sentinel.watcher);
});
