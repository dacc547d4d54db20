import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileFacts, factsOf, HEAD_BYTES } from './identity.ts';

/** Bytes that can be read by position. */
export interface ByteSource {
  /** Bytes read into `target[0..)`; fewer than its length means the end for now, or, with `isWaiting`, that more is being unpacked. */
  read(target: Buffer, position: number): number;
  isWaiting(): boolean;
  /** Opens the file once more, whatever its names are by now; a packed one has no such method. @throws as `open` does */
  reopen?(): number;
  /** Size now. An archive says what its trailer says. */
  facts(): FileFacts;
  close(): void;
}

/** An open plain file. Holding it keeps its data readable and its inode from being reused, whatever happens to its names. */
export class PlainSource implements ByteSource {
  readonly #fd: number;
  #open = true;

  /** Takes over an open descriptor. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  read(target: Buffer, position: number): number {
    return readSync(this.#fd, target, 0, target.length, position);
  }

  isWaiting(): boolean {
    return false;
  }

  reopen(): number {
    return openPlain(`/proc/self/fd/${this.#fd}`);
  }

  facts(): FileFacts {
    return factsOf(fstatSync(this.#fd, { bigint: true }));
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/** A plain file up to a position: what lies behind it is read elsewhere. */
export class PartSource extends PlainSource {
  readonly to: number;

  /** Takes over an open descriptor. */
  constructor(fd: number, to: number) {
    super(fd);
    this.to = to;
  }

  override read(target: Buffer, position: number): number {
    return super.read(target.subarray(0, Math.max(0, this.to - position)), position);
  }

  override facts(): FileFacts {
    const facts = super.facts();
    return { ...facts, size: Math.min(facts.size, this.to) };
  }
}

/** @throws as `open` does; a FIFO without writer does not block. */
export function openPlain(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}

/** The first HEAD_BYTES bytes, fewer when the file is shorter. */
export function readStart(source: ByteSource): Buffer {
  const start = Buffer.alloc(HEAD_BYTES);
  return start.subarray(0, source.read(start, 0));
}
