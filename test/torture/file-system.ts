import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IMAGE_BYTES = 4 * 1024 ** 3;

/** A place for a scenario; `release` removes it. */
export interface Place {
  readonly path: string;
  readonly kind: string;
  release(): void;
}

/**
 * An ext4 without journal in a sparse file: it gives a freed inode to the next file at once. Needs root and loop devices;
 * else the temporary directory, where inodes are reused or not.
 */
export function reusingFileSystem(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'tail-torture-ext4-'));
  const [image, path] = [join(directory, 'image'), join(directory, 'mounted')];
  const fd = openSync(image, 'w');
  ftruncateSync(fd, IMAGE_BYTES);
  closeSync(fd);
  mkdirSync(path);
  const made = spawnSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', image]);
  const mounted = made.status === 0 && spawnSync('mount', ['-o', 'loop', image, path]).status === 0;
  const release = () => {
    if (mounted) spawnSync('umount', [path]);
    rmSync(directory, { recursive: true, force: true });
  };
  return { path: mounted ? path : directory, kind: mounted ? 'ext4 without journal' : 'temporary directory', release };
}
