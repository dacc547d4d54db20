import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Checkpoint } from '../../src/sources/checkpoint.ts';

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A file system of 16 KiB, or why there is none. */
function smallDisk(t: TestContext): { directory: string } | { reason: string } {
  const directory = mkdtempSync(join(tmpdir(), 'full-disk-'));
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]);
  if (status === 0) t.after(() => spawnSync('umount', [directory]));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return status === 0 ? { directory } : { reason: `needs the right to mount: ${error?.message ?? stderr}`.trim() };
}

/** The last save before an exit replaced a good checkpoint by the part that fitted, and called it saved. */
test('a full disk leaves the last good checkpoint and is reported', (t) => {
  const disk = smallDisk(t);
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
