import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { loopTurn } from './loop-turns.ts';
import { type Procfs, whenUnreadable } from './procfs.ts';

const CHUNK_BYTES = 1 << 16;
/** The kernel takes 6 to 8 µs for a socket; after so long other work gets its turn. */
const SLICE_MS = 10;

export interface TableReadOptions {
  /** What is beyond is not read. */
  readonly maxBytes: number;
  /** Size of a piece; default: 64 KiB. */
  readonly chunkBytes?: number;
  readonly signal: AbortSignal;
}

/**
 * Hands over a file of procfs that may be long, as `net/tcp`, piece by piece; a piece is only good during the call. It ends when
 * `take` says false, which has all that it wants. True: the whole file, or all that was wanted; false: it is longer than
 * `maxBytes`. Undefined when it is not there (ENOENT, a process that just ended).
 * @throws NotPermittedError; the reason of `signal` when it aborts.
 */
export async function readTable(
  proc: Procfs,
  path: string,
  options: TableReadOptions,
  take: (chunk: Uint8Array) => unknown,
): Promise<boolean | undefined> {
  const file = join(proc.root, path);
  const fd = attempt(file, () => openSync(file, 'r'));
  if (fd === undefined) return undefined;
  try {
    return await readAll(file, fd, options, take);
  } finally {
    closeSync(fd);
  }
}

async function readAll(
  file: string,
  fd: number,
  { maxBytes, chunkBytes = CHUNK_BYTES, signal }: TableReadOptions,
  take: (chunk: Uint8Array) => unknown,
): Promise<boolean | undefined> {
  const chunk = new Uint8Array(chunkBytes);
  let left = maxBytes;
  let sliceStart = performance.now();
  for (;;) {
    // One byte beyond the limit tells a file of just that length from a longer one.
    const length = attempt(file, () => readSync(fd, chunk, 0, Math.min(chunkBytes, left + 1), null));
    if (length === undefined || length === 0) return length === 0 ? true : undefined;
    if (take(chunk.subarray(0, Math.min(length, left))) === false) return true;
    if (length > left) return false;
    left -= length;
    if (performance.now() - sliceStart < SLICE_MS) continue;
    await loopTurn();
    signal.throwIfAborted();
    sliceStart = performance.now();
  }
}

function attempt<T>(file: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    return whenUnreadable(file, error);
  }
}
