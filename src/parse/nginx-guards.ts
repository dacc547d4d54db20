import { bytes, createSearch, find, QUOTE } from './bytes.ts';

const EXITED = bytes(' exited on signal ');
const FATAL = bytes(' exited with fatal code ');
/** How far behind `worker process` its end is told. */
const NEAR = 60;
const findFileFailed = createSearch('" failed (');
const findReferrer = createSearch(', referrer: "');

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
export function hasForgedPath(buffer: Uint8Array, at: number, end: number): boolean {
  const referrer = findReferrer(buffer, at, end);
  const limit = referrer < 0 ? end : referrer;
  const first = findFileFailed(buffer, at, limit);
  return first >= 0 && findFileFailed(buffer, first + 1, limit) >= 0;
}
