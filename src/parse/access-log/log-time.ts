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
