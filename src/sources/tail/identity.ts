import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** Bytes at the beginning of a file that tell it from others. */
export const HEAD_BYTES = 256;
/** Bytes before the offset that prove that what was read is still there. */
export const TAIL_BYTES = 64;

/** What stat says and we compare. While one holds a file open, device and inode alone identify it: they cannot be reused. */
export interface FileFacts {
  readonly dev: bigint;
  readonly ino: bigint;
  /** 0n where the file system does not say. */
  readonly birthNs: bigint;
  readonly mtimeNs: bigint;
  readonly size: number;
}

/** Hash of the first `length` ≤ HEAD_BYTES bytes. A short file has a short head until it grows. */
export interface Head {
  readonly length: number;
  readonly hash: string;
}

export const NO_HEAD: Head = { length: 0, hash: '' };

export function factsOf(stats: BigIntStats): FileFacts {
  return {
    dev: stats.dev,
    ino: stats.ino,
    birthNs: stats.birthtimeNs,
    mtimeNs: stats.mtimeNs,
    size: Number(stats.size),
  };
}

export function isSameInode(a: FileFacts, b: FileFacts): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Survives a restart: device, inode and birth. */
export function identityOf(facts: FileFacts): string {
  return `${facts.dev}:${facts.ino}:${facts.birthNs}`;
}

/** 96 bits of SHA-256; log bytes themselves never go to disk. */
export function digest(bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : hash('sha256', bytes, 'base64url').slice(0, 16);
}

export function headOf(bytes: Uint8Array): Head {
  const head = bytes.subarray(0, HEAD_BYTES);
  return { length: head.length, hash: digest(head) };
}

/** True when a file beginning with `bytes` can be the one that had `head`; always for an empty head. */
export function startsWithHead(bytes: Uint8Array, head: Head): boolean {
  return bytes.length >= head.length && digest(bytes.subarray(0, head.length)) === head.hash;
}
