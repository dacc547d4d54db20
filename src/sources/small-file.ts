import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The text of a regular file that somebody mounted or named for us; links are followed, as mounts of Secrets and tokens are made of
 * them. Null: there is no such file.
 * @throws when it is no regular file, is longer than `most` bytes, or may not be read (EACCES)
 */
export async function readSmallFile(path: string, most: number): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file`);
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    while (length <= most) {
      const { bytesRead } = await file.read(buffer, length, most + 1 - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > most) throw new Error(`${path} is longer than ${most} bytes`);
    const text = buffer.toString('utf8', 0, length);
    buffer.fill(0);
    return text;
  } finally {
    await file.close();
  }
}
