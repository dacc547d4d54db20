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
