import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Slices } from './node/slices.ts';

/** A node with 500 pods has some 3,000. */
const MOST_DIRECTORIES = 50_000;

/**
 * The names from `top` down to its descendant with this device and inode, `depth` levels below; null when there is none.
 * In a cgroup namespace /proc shows other cgroups relative to one's own, whose name it does not tell: only the inode of its
 * directory, which every mount of the hierarchy shows alike.
 */
export async function findTrail(
  top: string,
  depth: number,
  identity: string,
  signal: AbortSignal,
): Promise<string[] | null> {
  let level: string[][] = [[]];
  let left = MOST_DIRECTORIES;
  const slices = new Slices();
  for (let down = 1; down <= depth; down++) {
    const next: string[][] = [];
    for (const names of level) {
      for (const name of directoriesOf(join(top, ...names))) {
        if (left-- === 0) return null;
        const path = [...names, name];
        if (down < depth) next.push(path);
        else if (identityOf(join(top, ...path)) === identity) return path;
      }
      if (slices.isOver()) await slices.next();
      signal.throwIfAborted();
    }
    level = next;
  }
  return null;
}

/** Device and inode; undefined when it is not there or not to be seen. */
export function identityOf(directory: string): string | undefined {
  try {
    const { dev, ino } = statSync(directory, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function directoriesOf(directory: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    // It is gone, or nobody may look into it.
    return [];
  }
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
