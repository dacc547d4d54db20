import { bytes, isDigit, SPACE, standsAt } from './bytes.ts';
import { stampEnd } from './log-prefix-cri.ts';
import { hasTime } from './nginx-prefix.ts';

const LESS = 60;
const GREATER = 62;
const OPEN = 91;
const CLOSE = 93;
const COLON = 58;
const DOT = 46;
const DASH = 45;
const UNDERSCORE = 95;
const SLASH = 47;
const PIPE = 124;
const VERSION_1 = bytes('1 ');
const BYTE_ORDER_MARK = new Uint8Array([0xef, 0xbb, 0xbf]);
/** Host and tag, and the tag once more where two daemons each put theirs. */
const MOST_WORDS = 4;
const LONGEST_WORD = 255;

/**
 * Where an nginx error line begins behind a syslog, journald or compose prefix, or -1. Strict: every word of the prefix
 * must be one that such a writer makes, so that an access-log line never leads to what a client wrote into it.
 */
export function prefixedContent(buffer: Uint8Array, start: number, end: number): number {
  const first = buffer[start];
  if (first === LESS) return afterPriority(buffer, start + 1, end);
  const stamp = afterStamp(buffer, start, end);
  if (stamp >= 0) return afterWords(buffer, stamp, end);
  return isLetter(first) ? afterCompose(buffer, start, end) : -1;
}

/** `<PRI>` then RFC 5424 or RFC 3164. nginx itself writes the latter (src/core/ngx_syslog.c). */
function afterPriority(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (isDigit(buffer[at]) && at < start + 3) at++;
  if (at === start || buffer[at] !== GREATER) return -1;
  at++;
  if (standsAt(buffer, at, VERSION_1)) return afterRfc5424(buffer, at + VERSION_1.length, end);
  const stamp = afterStamp(buffer, at, end);
  return stamp < 0 ? -1 : afterWords(buffer, stamp, end);
}

/** `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA ` and an optional byte order mark. */
function afterRfc5424(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let word = 0; word < 5; word++) {
    const from = at;
    while (at < end && buffer[at] > SPACE && at - from <= LONGEST_WORD) at++;
    if (buffer[at] !== SPACE || at === from) return -1;
    at++;
  }
  if (buffer[at] === DASH) at++;
  else while (buffer[at] === OPEN && at < end) while (at < end && buffer[at++] !== CLOSE);
  if (buffer[at] !== SPACE) return -1;
  at++;
  if (standsAt(buffer, at, BYTE_ORDER_MARK)) at += BYTE_ORDER_MARK.length;
  return hasTime(buffer, at, end) ? at : afterWords(buffer, at, end);
}

/** Position after `Mmm dd HH:MM:SS ` (a fraction is allowed) or an RFC 3339 stamp and a space, or -1. */
function afterStamp(buffer: Uint8Array, start: number, end: number): number {
  const iso = stampEnd(buffer, start, end);
  if (iso >= 0) return buffer[iso] === SPACE ? iso + 1 : -1;
  const isBsd =
    isLetter(buffer[start]) &&
    buffer[start + 3] === SPACE &&
    isDigit(buffer[start + 5]) &&
    buffer[start + 6] === SPACE &&
    buffer[start + 9] === COLON &&
    buffer[start + 12] === COLON &&
    isDigit(buffer[start + 14]);
  if (!isBsd) return -1;
  let at = start + 15;
  if (buffer[at] === DOT) for (at++; isDigit(buffer[at]); at++);
  return buffer[at] === SPACE ? at + 1 : -1;
}

/** `[host] tag[pid]: `, the last word before the content ending in a colon. */
function afterWords(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let words = 0; words < MOST_WORDS; words++) {
    const from = at;
    while (at < end && isNameByte(buffer[at]) && at - from <= LONGEST_WORD) at++;
    if (at === from) return -1;
    if (buffer[at] === OPEN) {
      for (at++; isDigit(buffer[at]); at++);
      if (buffer[at++] !== CLOSE) return -1;
    }
    const isTag = buffer[at] === COLON;
    if (isTag) at++;
    if (buffer[at] !== SPACE) return -1;
    at++;
    if (isTag && hasTime(buffer, at, end)) return at;
    // Only one word, the host, comes before the tag.
    if (!isTag && words > 0) return -1;
  }
  return -1;
}

/**
 * `name-1  | ` of docker compose, foreman and the like, with an optional stamp (`logs -t`). At least two spaces and a
 * number in the name: formats of access logs with `|` between their fields do not have both.
 */
function afterCompose(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isNameByte(buffer[at]) && at - start <= LONGEST_WORD) at++;
  let digits = at;
  while (isDigit(buffer[digits - 1])) digits--;
  const separator = buffer[digits - 1];
  if (digits === at || (separator !== DASH && separator !== UNDERSCORE && separator !== DOT)) return -1;
  const spaces = at;
  while (buffer[at] === SPACE && at < end) at++;
  if (at - spaces < 2 || buffer[at] !== PIPE || buffer[at + 1] !== SPACE) return -1;
  at += 2;
  if (hasTime(buffer, at, end)) return at;
  const stamp = stampEnd(buffer, at, end);
  return stamp >= 0 && buffer[stamp] === SPACE && hasTime(buffer, stamp + 1, end) ? stamp + 1 : -1;
}

function isLetter(byte: number): boolean {
  const lower = byte | 32;
  return lower >= 97 && lower <= 122;
}

function isNameByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || byte === DASH || byte === DOT || byte === UNDERSCORE || byte === SLASH;
}
