import { bytes, SPACE, standsAt } from '../bytes.ts';

/** Methods with a label of their own. A client may send any other. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'other',
] as const;
export const OTHER_METHOD = METHODS.indexOf('other');
const WORDS = METHODS.slice(0, OTHER_METHOD).map((method) => bytes(method));

/** Index into METHODS of what [start, end) begins with: `$request_method`, or `$request` up to its first space. */
export function methodIndex(buffer: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < OTHER_METHOD; i++) {
    const behind = start + WORDS[i].length;
    if (behind <= end && (behind === end || buffer[behind] === SPACE) && standsAt(buffer, start, WORDS[i])) return i;
  }
  return OTHER_METHOD;
}
