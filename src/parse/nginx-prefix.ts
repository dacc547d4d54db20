import { bytes, isDigit, SPACE, standsAt } from './bytes.ts';

/** In nginx's own order: the index is the severity. */
export const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];

/** `YYYY/MM/DD HH:MM:SS [`: the level begins here. */
export const LEVEL_AT = 21;
const SHORTEST = LEVEL_AT + 10;
const SLASH = 47;
const COLON = 58;
const HASH = 35;
const STAR = 42;
const OPEN = 91;
const CLOSE = 93;
/** Every level has a first byte of its own but `e` (emerg, error). */
const BY_FIRST_BYTE = new Int8Array(256).fill(-1);
const NAMES = LEVELS.map((level) => bytes(level));
NAMES.forEach((name, index) => {
  BY_FIRST_BYTE[name[0]] = index;
});

/** Index into LEVELS of the line at `start`, or -1. */
export function levelOf(buffer: Uint8Array, start: number): number {
  const at = start + LEVEL_AT;
  const level = BY_FIRST_BYTE[buffer[at]];
  if (level >= 0 && standsAt(buffer, at, NAMES[level])) return level;
  return standsAt(buffer, at, NAMES[0]) ? 0 : -1;
}

/**
 * Where the message of `YYYY/MM/DD HH:MM:SS [level] pid#tid: *cid MESSAGE` begins, or -1: not an nginx error line
 * (nginx/nginx src/core/ngx_log.c; NGINX Unit's lines lack the colon after the pid).
 */
export function messageStart(buffer: Uint8Array, start: number, end: number): number {
  if (!hasTime(buffer, start, end)) return -1;
  const level = levelOf(buffer, start);
  if (level < 0) return -1;
  let at = start + LEVEL_AT + NAMES[level].length;
  if (buffer[at] !== CLOSE || buffer[at + 1] !== SPACE) return -1;
  at += 2;
  if (!isDigit(buffer[at])) return -1;
  at = skipDigits(buffer, at);
  if (buffer[at] !== HASH || !isDigit(buffer[at + 1])) return -1;
  at = skipDigits(buffer, at + 1);
  if (buffer[at] !== COLON) return -1;
  at = skipConnection(buffer, buffer[at + 1] === SPACE ? at + 2 : at + 1);
  return at < end ? at : -1;
}

/** True when `YYYY/MM/DD HH:MM:SS [` stands at `start`, with room for a level and a process. */
export function hasTime(buffer: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= SHORTEST &&
    buffer[start + 4] === SLASH &&
    buffer[start + 7] === SLASH &&
    buffer[start + 10] === SPACE &&
    buffer[start + 13] === COLON &&
    buffer[start + 16] === COLON &&
    buffer[start + 20] === OPEN &&
    isDigit(buffer[start])
  );
}

/** `*123 ` before the message; `*1 open socket …` of a dying worker looks the same and is fine. */
function skipConnection(buffer: Uint8Array, at: number): number {
  if (buffer[at] !== STAR) return at;
  const after = skipDigits(buffer, at + 1);
  return buffer[after] === SPACE ? after + 1 : at;
}

export function skipDigits(buffer: Uint8Array, at: number): number {
  let i = at;
  while (isDigit(buffer[i])) i++;
  return i;
}
