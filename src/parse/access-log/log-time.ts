const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** `21/Nov/2026:10:00:00 +0100` */
const LOCAL = /^(\d\d)\/([A-Z][a-z][a-z])\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/;
/** `2026-11-21T10:00:00+01:00` */
const ISO8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/;

/** `$time_local` or `$time_iso8601` as milliseconds since the epoch, or null. */
export function logTimeMs(text: string): number | null {
  const found = LOCAL.exec(text);
  const month = found === null ? -1 : MONTHS.indexOf(found[2]) / 3;
  const iso =
    found === null
      ? text
      : `${found[3]}-${String(month + 1).padStart(2, '0')}-${found[1]}T${found[4]}${found[5]}:${found[6]}`;
  const time = ISO8601.test(iso) ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Longer than any time. */
const LONGEST = 32;

/** `logTimeMs` of one line after the other. Many of a busy log say the same second: it is read once. */
export class LogTime {
  readonly #text = new Uint8Array(LONGEST);
  #length = -1;
  #ms: number | null = null;

  /** Of the text [start, end). */
  of(buffer: Buffer, start: number, end: number): number | null {
    if (!this.#isSame(buffer, start, end)) {
      this.#ms = logTimeMs(buffer.toString('latin1', start, end));
      this.#length = end - start <= LONGEST ? end - start : -1;
      if (this.#length > 0) this.#text.set(buffer.subarray(start, end));
    }
    return this.#ms;
  }

  #isSame(buffer: Buffer, start: number, end: number): boolean {
    if (end - start !== this.#length) return false;
    for (let i = 0; i < this.#length; i++) if (this.#text[i] !== buffer[start + i]) return false;
    return true;
  }
}
