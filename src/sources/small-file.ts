import { close, constants, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';

// `node:fs/promises` and what comes with it would stay in memory: 1 MB.
const file = { open: promisify(open), stat: promisify(fstat), read: promisify(read), close: promisify(close) };

/**
 * The text of a regular file that somebody mounted or named for us; links are followed, as mounts of Secrets and tokens are made of
 * them. Null: there is no such file.
 * @throws when it is no regular file, is longer than `most` bytes, or may not be read (EACCES)
 */
export async function readSmallFile(path: string, most: number): Promise<string | null> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const descriptor = await file.open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (descriptor === null) return null;
  try {
    if (!(await file.stat(descriptor)).isFile()) throw new Error(`${path} is not a regular file`);
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    while (length <= most) {
      const { bytesRead } = await file.read(descriptor, buffer, length, most + 1 - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > most) throw new Error(`${path} is longer than ${most} bytes`);
    const text = buffer.toString('utf8', 0, length);
    buffer.fill(0);
    return text;
  } finally {
    await file.close(descriptor);
  }
}
