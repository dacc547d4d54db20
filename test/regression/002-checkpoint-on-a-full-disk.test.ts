import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkpoint } from '../../src/sources/checkpoint.ts';
import { smallDisk } from '../support/small-disk.ts';

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The last save before an exit replaced a good checkpoint by the part that fitted, and called it saved. */
test('a full disk leaves the last good checkpoint and is reported', (t) => {
  const disk = smallDisk(t, 16);
  if ('reason' in disk) return t.skip(disk.reason);
  let value = 'x'.repeat(1000);
  const checkpoint = new Checkpoint({ directory: disk.directory, clock: { now: () => 0 }, log });
  checkpoint.register('tail', { save: () => value, restore: ignore });
  checkpoint.save();
  assert.equal(checkpoint.state().ok, true);
  value = 'y'.repeat(14_000);
  checkpoint.save();
  assert.match(checkpoint.state().detail, /^cannot be saved: ENOSPC/);
  const { parts } = JSON.parse(readFileSync(join(disk.directory, 'state.json'), 'utf8'));
  assert.equal(parts.tail, 'x'.repeat(1000));
});

/** That the path is not there was all that was said. */
test('a read-only file system is called one', (t) => {
  const disk = smallDisk(t, 16);
  if ('reason' in disk) return t.skip(disk.reason);
  spawnSync('mount', ['-o', 'remount,ro', disk.directory]);
  const directory = join(disk.directory, 'state');
  const checkpoint = new Checkpoint({ directory, clock: { now: () => 0 }, log });
  checkpoint.register('tail', { save: () => 'x', restore: ignore });
  checkpoint.save();
  assert.match(checkpoint.state().detail, /^cannot be saved: EROFS: the file system is read-only; write elsewhere$/);
});
