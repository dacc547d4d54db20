import { SPACE } from '../bytes.ts';

const [COMMA, COLON] = [44, 58];

/** The first `byte` in [start, limit), or -1. */
export function byteAfter(buffer: Uint8Array, start: number, limit: number, byte: number): number {
  let at = start;
  while (at < limit && buffer[at] !== byte) at++;
  return at < limit ? at : -1;
}

/** Behind the last `byte` in [limit, end), or -1. */
export function behindLast(buffer: Uint8Array, end: number, limit: number, byte: number): number {
  let at = end - 1;
  while (at >= limit && buffer[at] !== byte) at--;
  return at >= limit ? at + 1 : -1;
}

/** The first space in [start, limit) that is not between two items of the list that begins at `start`, or -1. */
export function listEnd(buffer: Uint8Array, start: number, limit: number): number {
  for (let at = start; at < limit; at++) {
    if (buffer[at] !== SPACE || (at > start && buffer[at - 1] === COMMA)) continue;
    if (buffer[at + 1] !== COLON || buffer[at + 2] !== SPACE) return at;
    at += 2;
  }
  return -1;
}

/** Behind the last space in [limit, end) that is not between two items of the list that ends at `end`, or -1. */
export function behindListStart(buffer: Uint8Array, end: number, limit: number): number {
  for (let at = end - 1; at >= limit; at--) {
    if (buffer[at] !== SPACE || buffer[at - 1] === COMMA) continue;
    if (buffer[at - 1] !== COLON || buffer[at - 2] !== SPACE) return at + 1;
    at -= 2;
  }
  return -1;
}
