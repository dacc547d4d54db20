/** Seconds of nginx's units; months are 30 days and years 365 (ngx_parse_time in src/core/ngx_parse.c). */
const SECONDS = [31_536_000, 2_592_000, 604_800, 86_400, 3600, 60, 1];
const TIME = /^(?:(\d+)y)? *(?:(\d+)M)? *(?:(\d+)w)? *(?:(\d+)d)? *(?:(\d+)h)? *(?:(\d+)m)? *(?:(\d+)s?)?$/;
const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1 << 20, g: 1 << 30 };
const MOST_DIGITS = 15;

/** A number of digits only, as ngx_atoi reads it, or null. */
export function parseCount(text: string): number | null {
  return /^\d+$/.test(text) && text.length <= MOST_DIGITS ? Number(text) : null;
}

/** `10`, `10s`, `1m30s` in seconds, or null; milliseconds are not allowed where nginx counts in seconds. */
export function parseSeconds(text: string): number | null {
  const match = text === '' ? null : TIME.exec(text);
  if (match === null) return null;
  let seconds = 0;
  for (const [index, unit] of SECONDS.entries()) seconds += Number(match[index + 1] ?? 0) * unit;
  return Number.isSafeInteger(seconds) ? seconds : null;
}

/** `500ms`, `10`, `1m30s` in milliseconds, or null (ngx_parse_time with is_sec 0). */
export function parseMilliseconds(text: string): number | null {
  const match = /^(.*?) *(\d{1,15})ms$/.exec(text);
  if (match === null) {
    const seconds = parseSeconds(text);
    return seconds === null ? null : seconds * 1000;
  }
  const [, rest, milliseconds] = match;
  const seconds = rest === '' ? 0 : /[a-zA-Z]$/.test(rest) ? parseSeconds(rest) : null;
  return seconds === null ? null : seconds * 1000 + Number(milliseconds);
}

/** `512k`, `1M`, `1g` in bytes, or null. */
export function parseBytes(text: string): number | null {
  const match = /^(\d{1,12})([kmg]?)$/i.exec(text);
  return match === null ? null : Number(match[1]) * BYTES[match[2].toLowerCase()];
}
