import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What `nginx -v` writes; one literal of the program (ngx_show_version_info, src/core/nginx.c). */
const MARK = 'nginx version: ';
const VERSION = /^nginx version: nginx\/(\d{1,3}\.\d{1,3}\.\d{1,3})\b/;
const LONGEST = MARK.length + 64;
const CHUNK_BYTES = 256 << 10;
const MOST_BYTES = 64 << 20;

/**
 * The version that is written in a program file of nginx, which is never run; null when it has none, also OpenResty, Angie and
 * others, which count otherwise. @throws system errors.
 */
export async function readNginxVersion(path: string): Promise<string | null> {
  // Not blocking: somebody may have put a FIFO there.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return (await file.stat()).isFile() ? await search(file) : null;
  } finally {
    await file.close();
  }
}

async function search(file: FileHandle): Promise<string | null> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let kept = 0;
  for (let total = 0; total < MOST_BYTES; ) {
    const { bytesRead } = await file.read(buffer, kept, buffer.length - kept, null);
    const end = kept + bytesRead;
    const at = buffer.subarray(0, end).indexOf(MARK);
    const isWhole = at >= 0 && (at + LONGEST <= end || bytesRead === 0);
    if (isWhole) return VERSION.exec(buffer.toString('latin1', at, Math.min(end, at + LONGEST)))?.[1] ?? null;
    if (bytesRead === 0) return null;
    // The mark may go on in the next chunk.
    kept = Math.min(end, LONGEST);
    buffer.copyWithin(0, end - kept, end);
    total += bytesRead;
  }
  return null;
}
