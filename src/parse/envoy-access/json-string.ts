import { BACKSLASH } from '../bytes.ts';

const LETTER_U = 117;
const SIMPLE: Readonly<Record<string, number>> = { b: 8, t: 9, n: 10, f: 12, r: 13, '"': 34, '/': 47, '\\': 92 };
const SIMPLE_BYTES = new Uint8Array(256);
for (const [letter, byte] of Object.entries(SIMPLE)) SIMPLE_BYTES[letter.charCodeAt(0)] = byte;

/**
 * Replaces the escapes of the JSON string [start, end), which never makes it longer; returns where it ends now. A high
 * surrogate without its low one becomes the replacement character; an escape that is none stays as it is.
 */
export function unescapeInPlace(buffer: Buffer, start: number, end: number): number {
  let to = start;
  let at = start;
  while (at < end) {
    if (buffer[at] !== BACKSLASH || at + 1 >= end) {
      buffer[to++] = buffer[at++];
      continue;
    }
    const simple = SIMPLE_BYTES[buffer[at + 1]];
    if (simple > 0) {
      buffer[to++] = simple;
      at += 2;
    } else if (buffer[at + 1] === LETTER_U && unitAt(buffer, at, end) >= 0) {
      let unit = unitAt(buffer, at, end);
      at += 6;
      const low = unit >= 0xd800 && unit < 0xdc00 ? unitAt(buffer, at, end) : -1;
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      }
      to += buffer.write(String.fromCodePoint(unit), to, 'utf8');
    } else buffer[to++] = buffer[at++];
  }
  return to;
}

/** The number of `\uXXXX` at `at`, or -1. */
function unitAt(buffer: Buffer, at: number, end: number): number {
  if (at + 6 > end || buffer[at] !== BACKSLASH || buffer[at + 1] !== LETTER_U) return -1;
  const digits = buffer.toString('latin1', at + 2, at + 6);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}
