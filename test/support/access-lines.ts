import assert from 'node:assert/strict';
import { type AccessFormat, compileAccessFormat } from '../../src/parse/access-log/access-format.ts';
import { AccessLine } from '../../src/parse/access-log/access-line.ts';
import { isProblem } from '../../src/parse/access-log/format-problem.ts';
import { FITS } from '../../src/parse/access-log/line-program.ts';

export function formatOf(source: string | readonly string[]): AccessFormat {
  const format = compileAccessFormat(source);
  if (isProblem(format)) assert.fail(format.reason);
  return format;
}

/** Reads each text by the format and hands it over. */
export function eachLine(source: string, texts: readonly string[], take: (line: AccessLine, buffer: Buffer) => void) {
  const line = new AccessLine(formatOf(source));
  for (const text of texts) {
    const buffer = Buffer.from(text);
    assert.equal(line.read(buffer, 0, buffer.length), FITS.fits, text);
    take(line, buffer);
  }
}

export const TIMED_FORMAT = formatOf(
  '$msec $status $request_time $request_method $request_id $bytes_sent "$upstream_addr" "$upstream_status" "$upstream_connect_time" "$upstream_response_time"',
);
const CODES = [200, 404, 502, 101, 204];

/** Some thousand requests of all kinds in TIMED_FORMAT, and a line that is none. */
export function requestLines(seed: number): Buffer {
  const lines = Array.from({ length: 1000 }, (_, i) => {
    const n = i * 7 + seed;
    const [status, peer] = [CODES[n % CODES.length], `10.0.0.${n % 12}:80`];
    const time = ((n * 37) % 40_000) / 1000;
    return n % 3 === 0
      ? `179000000${n % 10}.500 ${status} ${time.toFixed(3)} POST id-${n} 300 "${peer}, 10.1.1.1:80" "504, ${status}" "-, 0.002" "0.300, ${time.toFixed(3)}"`
      : `179000000${n % 10}.500 ${status} ${time.toFixed(3)} GET id-${n} 300 "${peer}" "${status}" "0.000" "${time.toFixed(3)}"`;
  });
  return Buffer.from(`${lines.join('\n')}\nnonsense\n`);
}
