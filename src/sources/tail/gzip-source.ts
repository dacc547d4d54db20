import { createReadStream, fstatSync, readSync } from 'node:fs';
import { createGunzip, type Gunzip, gunzipSync, constants as zlib } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { type FileFacts, factsOf, HEAD_BYTES } from './identity.ts';

const CHUNK_BYTES = 256 * 1024;
/** Enough compressed bytes to unpack a head. */
const PEEK_BYTES = 4096;

/** The first HEAD_BYTES unpacked bytes of an open gzip file; empty when it is not one. */
export function readGzipStart(fd: number): Buffer {
  const packed = Buffer.alloc(PEEK_BYTES);
  const length = readSync(fd, packed, 0, PEEK_BYTES, 0);
  try {
    const options = { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 64 * 1024 * 1024 };
    return gunzipSync(packed.subarray(0, length), options).subarray(0, HEAD_BYTES);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Unpacks a gzip file in the background, one window at a time, and reads like a file whose positions only grow. */
export class GzipSource implements ByteSource {
  readonly #facts: FileFacts;
  readonly #limit: number;
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  readonly #input: ReturnType<typeof createReadStream>;
  /** Unpacked bytes from position #windowStart on. */
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #ended = false;
  #failure: Error | undefined;

  /** Takes over an open descriptor. `onMore` is called when bytes, the end or a failure have become readable. */
  constructor(fd: number, limit: number, onMore: () => void) {
    this.#facts = packedFacts(fd);
    this.#limit = limit;
    this.#input = createReadStream('', { fd, start: 0, highWaterMark: CHUNK_BYTES });
    const fail = (error: Error) => {
      this.#failure ??= error;
      onMore();
    };
    this.#input.on('error', fail);
    this.#gunzip.on('error', fail);
    this.#gunzip.on('readable', onMore);
    this.#gunzip.on('end', () => {
      this.#ended = true;
      onMore();
    });
    this.#input.pipe(this.#gunzip);
  }

  /** @throws when the archive is damaged or larger than the limit; what came before the damage is read first. */
  read(target: Buffer, position: number): number {
    while (this.#windowStart + this.#window.length < position + target.length && this.#pull(position));
    const from = position - this.#windowStart;
    const length = Math.max(0, Math.min(target.length, this.#window.length - from));
    if (length > 0) this.#window.copy(target, 0, from, from + length);
    if (length < target.length && this.#failure) throw this.#failure;
    return length;
  }

  isWaiting(): boolean {
    return !this.#ended && !this.#failure;
  }

  facts(): FileFacts {
    return this.#facts;
  }

  close(): void {
    this.#input.unpipe(this.#gunzip);
    this.#gunzip.destroy();
    // Closes the descriptor, unless reading to its end already has.
    this.#input.destroy();
  }

  /** Appends one unpacked chunk to the window and drops what lies before `position`. */
  #pull(position: number): boolean {
    const chunk = this.#gunzip.read() as Buffer | null;
    if (chunk === null) return false;
    const drop = Math.min(this.#window.length, Math.max(0, position - this.#windowStart));
    this.#window = Buffer.concat([this.#window.subarray(drop), chunk]);
    this.#windowStart += drop;
    if (this.#windowStart + this.#window.length > this.#limit) this.#failure ??= new Error('archive is too big');
    return true;
  }
}

/** Those of the archive, but with the size that its trailer gives for what is packed. */
function packedFacts(fd: number): FileFacts {
  const facts = factsOf(fstatSync(fd, { bigint: true }));
  const trailer = Buffer.alloc(4);
  if (facts.size >= 4) readSync(fd, trailer, 0, 4, facts.size - 4);
  return { ...facts, size: trailer.readUInt32LE(0) };
}
