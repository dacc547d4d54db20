/** A real nginx error line with a number in it, always of the same length, so that a cut or mixed line is told from a whole one. */
const BEFORE = '2026/11/21 03:14:15 [error] 31#31: *';
const AFTER =
  ' connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.2.3, server: shop.example, ' +
  'request: "GET /cart HTTP/1.1", upstream: "http://10.2.71.14:8080/cart", host: "shop.example"\n';
const DIGITS = 9;

export const LINE_BYTES = BEFORE.length + DIGITS + AFTER.length;

export function lineOf(number: number): string {
  return BEFORE + String(number).padStart(DIGITS, '0') + AFTER;
}

const before = Buffer.from(BEFORE);
const after = Buffer.from(AFTER.slice(0, -1));

/** The number of the line buffer[start..end), its newline not included; -1 when it is not a whole one. */
export function numberOf(buffer: Buffer, start: number, end: number): number {
  if (end - start !== LINE_BYTES - 1) return -1;
  if (buffer.compare(before, 0, before.length, start, start + before.length) !== 0) return -1;
  const digits = start + before.length;
  if (buffer.compare(after, 0, after.length, digits + DIGITS, end) !== 0) return -1;
  let number = 0;
  for (let at = digits; at < digits + DIGITS; at += 1) number = number * 10 + buffer[at] - 48;
  return number;
}
