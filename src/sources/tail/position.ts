import { type ByteSource, readStart } from './byte-source.ts';
import { digest, type Head, NO_HEAD, startsWithHead, TAIL_BYTES } from './identity.ts';

/** Where reading goes on. `tail` is the digest of the ≤ TAIL_BYTES bytes before `offset`. */
export interface Position {
  readonly offset: number;
  readonly head: Head;
  readonly tail: string;
  /** Inside an over-long line: everything up to the next newline is skipped. */
  readonly skipping: boolean;
}

export const BEGINNING: Position = { offset: 0, head: NO_HEAD, tail: '', skipping: false };

/** Does this plain file still begin as it did? Asked after a read, this proves that what was read is of that file: its tail may look like another's where lines are alike. */
export function hasHead(source: ByteSource, head: Head): boolean {
  return startsWithHead(readStart(source), head);
}

/** Is what `position` describes found in this plain file? */
export function isAt(source: ByteSource, position: Position): boolean {
  if (!hasHead(source, position.head)) return false;
  const length = Math.min(TAIL_BYTES, position.offset);
  const bytes = Buffer.alloc(length);
  const got = length === 0 ? 0 : source.read(bytes, position.offset - length);
  return got === length && digest(bytes) === position.tail;
}
