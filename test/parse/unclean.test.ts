import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countUnclean, UNCLEAN } from '../../src/parse/unclean.ts';

function count(text: string | Buffer): Record<string, number> {
  const counts = new Float64Array(UNCLEAN.length);
  countUnclean(Buffer.from(text as string), counts);
  return Object.fromEntries(UNCLEAN.map((name, index) => [name, counts[index]]));
}

describe('countUnclean', () => {
  it('counts nothing in clean lines, UTF-8 included', () => {
    assert.deepEqual(count('plain\nünïcode\n'), { nul: 0, control: 0, crlf: 0, invalid_utf8: 0 });
  });
  it('counts lines, not bytes', () => {
    assert.deepEqual(count('a\0\0b\nc\nd\0\n'), { nul: 2, control: 0, crlf: 0, invalid_utf8: 0 });
    assert.deepEqual(count('\x1b[31mred\x1b[0m\r\nx\r\n'), { nul: 0, control: 1, crlf: 2, invalid_utf8: 0 });
  });
  it('counts lines with invalid UTF-8, also the last without newline', () => {
    assert.equal(count(Buffer.from([0xff, 10, 0x61, 10, 0xc3])).invalid_utf8, 2);
  });
});
