import type { Escape } from './log-format.ts';

/** 1 for every byte that can stand in a value. */
export type ByteSet = Uint8Array;

const QUOTE = 34;
const NEWLINE = 10;
const FIRST_PRINTABLE = 0x20;
const DELETE = 0x7f;

/** The bytes of a character class, as `a-z0-9.:-` (a dash last). */
export function bytesOf(characterClass: string): ByteSet {
  const pattern = new RegExp(`[${characterClass.replace(/[\]\\^]/g, '\\$&')}]`);
  return Uint8Array.from({ length: 256 }, (_, byte) => Number(byte < 128 && pattern.test(String.fromCharCode(byte))));
}

/**
 * What a variable can hold that anybody may have filled, as it stands in the log.
 * default: `"`, `\`, controls and all above `~` become `\xHH`. json: `"` and `\` get a backslash, controls become `\n`,
 * `\u001F` and the like; a quote is still in the set, as only quotes without a backslash end a value. none: as it is.
 * (ngx_http_log_escape, ngx_escape_json.)
 */
export const ANYTHING: Readonly<Record<Escape, ByteSet>> = {
  default: set((byte) => byte >= FIRST_PRINTABLE && byte < DELETE && byte !== QUOTE),
  json: set((byte) => byte >= FIRST_PRINTABLE),
  none: set((byte) => byte !== NEWLINE),
};

function set(has: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => Number(has(byte)));
}

export function union(sets: readonly ByteSet[]): ByteSet {
  return set((byte) => sets.some((each) => each[byte] === 1));
}
