import { closeSync, constants, openSync } from 'node:fs';

/** fcntl.h of Linux, the same on every architecture that Node runs on: names a directory without reading it. */
const O_PATH = 0o10000000;

/**
 * Opens a file below `root` one component at a time, so that nobody can put a link in the way between a check and the open:
 * no component may be a link (resolve them first). Goes by /proc/self/fd, which stands for openat(2). The caller closes it.
 * @throws system errors; ENOTDIR and ELOOP when a link is in the way.
 */
export function openBeneath(root: string, path: string, flags: number): number {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error(`not a resolved path: ${path}`);
  const name = parts.pop() ?? '.';
  let directory = openSync(root || '/', O_PATH | constants.O_DIRECTORY);
  try {
    for (const part of parts) {
      const next = openSync(at(directory, part), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      closeSync(directory);
      directory = next;
    }
    return openSync(at(directory, name), flags | constants.O_NOFOLLOW);
  } finally {
    closeSync(directory);
  }
}

function at(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}
