import { METHODS } from '../../contract/traffic.ts';
import { bytes, SPACE, standsAt } from '../bytes.ts';

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
