import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readInteger, readSeconds, readStatus, readTime, readWhole } from '../../../src/parse/access-log/numbers.ts';

type Read = typeof readInteger;

/** `END:VALUE` of what stands between `x` and the rest; the value only when something was read. */
function read(reader: Read, text: string, limit = text.length): string {
  const into = new Float64Array(1);
  const end = reader(Buffer.from(`x${text}`), 1, 1 + limit, into, 0);
  return end > 1 ? `${end - 1}:${into[0]}` : String(end < 0 ? -1 : 0);
}

it('reads integers up to what is no digit, or the limit', () => {
  assert.equal(read(readInteger, '120 5'), '3:120');
  assert.equal(read(readInteger, '120', 2), '2:12');
  assert.equal(read(readInteger, '-1'), '0');
  assert.equal(read(readInteger, '999999999999999'), '15:999999999999999');
  assert.equal(read(readInteger, '1000000000000000'), '-1');
  assert.equal(read(readWhole, '-'), '-1');
});

it('reads seconds as milliseconds, with exactly three decimals', () => {
  assert.equal(read(readSeconds, '0.000'), '5:0');
  assert.equal(read(readSeconds, '1763719200.123"'), '14:1763719200123');
  assert.equal(read(readSeconds, '12.3456'), '6:12345');
  for (const wrong of ['1', '1.', '1.2', '1.23', '1,234', '1.2x4', '1.23x', '1..23', '.123'])
    assert.match(read(readSeconds, wrong), /^(-1|0)$/, wrong);
  assert.equal(read(readSeconds, '1.234', 4), '-1');
  assert.equal(read(readTime, 'x'), '-1');
});

it('reads three digits of a status', () => {
  assert.equal(read(readStatus, '502 '), '3:502');
  assert.equal(read(readStatus, '009'), '3:9');
  for (const wrong of ['50', '5 2', '-', '', 'a00', '00a']) assert.equal(read(readStatus, wrong), '-1', wrong);
  assert.equal(read(readStatus, '200', 2), '-1');
});
