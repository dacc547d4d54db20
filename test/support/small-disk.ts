import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A file system of so many KiB until the test is over, or why there is none. */
export function smallDisk(t: TestContext, kibibytes: number): { directory: string } | { reason: string } {
  const directory = mkdtempSync(join(tmpdir(), 'full-disk-'));
  const size = `size=${kibibytes}k`;
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', directory], {
    encoding: 'utf8',
  });
  if (status === 0) t.after(() => spawnSync('umount', [directory]));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return status === 0 ? { directory } : { reason: `needs the right to mount: ${error?.message ?? stderr}`.trim() };
}
