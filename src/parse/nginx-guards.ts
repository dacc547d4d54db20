import type { LineMarks } from './block-index.ts';
import { bytes, find, QUOTE, standsAt } from './bytes.ts';

const EXITED = bytes(' exited on signal ');
const FATAL = bytes(' exited with fatal code ');
/** How far behind `worker process` its end is told. */
const NEAR = 60;
const FILE_FAILED = bytes('" failed (');
const REFERRER = bytes(', referrer: "');
const REFERRER_BEFORE = REFERRER.length - 1;

/** A worker that ended by a signal or gave up, not one that was told to. */
export function isCrash(buffer: Uint8Array, at: number, end: number): boolean {
  const near = Math.min(end, at + NEAR);
  return find(buffer, at, near, EXITED) >= 0 || find(buffer, at, near, FATAL) >= 0;
}

export function hasQuote(buffer: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (buffer[at] === QUOTE) return true;
  return false;
}

/**
 * The path of a file is what a client asked for, decoded: words of an error line in it are a forgery. They show by the
 * second end of the path; a referrer may say what it likes.
 */
export function hasForgedPath(buffer: Uint8Array, at: number, { index, first, last }: LineMarks): boolean {
  let ends = 0;
  for (let mark = first; mark < last; mark++) {
    const quote = index.marks[mark];
    if (quote < at) continue;
    // First: what the quote opens is the referrer's own.
    if (quote - REFERRER_BEFORE >= at && standsAt(buffer, quote - REFERRER_BEFORE, REFERRER)) return false;
    if (standsAt(buffer, quote, FILE_FAILED) && ++ends === 2) return true;
  }
  return false;
}
