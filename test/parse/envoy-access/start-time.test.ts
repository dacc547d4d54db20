import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startTimeOf } from '../../../src/parse/envoy-access/start-time.ts';

const MOMENT = Date.UTC(2026, 10, 21, 18, 52, 32, 566);
const SECOND = Date.UTC(2026, 10, 21, 18, 52, 32);

/** Printed by Envoy 1.36.4. */
const ROWS: readonly (readonly [argument: string, text: string, ms: number])[] = [
  ['', '2026-11-21T18:52:32.566Z', MOMENT],
  ['%s.%3f', '1795287152.566', MOMENT],
  ['%Y/%m/%dT%H:%M:%S%z %f %6f', '2026/11/21T18:52:32+0000 566454000 566454', MOMENT],
  ['%s', '1795287152', SECOND],
  ['%d/%b/%Y:%H:%M:%S %z', '21/Nov/2026:18:52:32 +0000', SECOND],
  ['%FT%T%Ez', '2026-11-21T18:52:32+00:00', SECOND],
  ['%F %T', '2026-11-21 18:52:32', SECOND],
  ['%y%m%d %H%M%E6S', '261121 185232.566454', MOMENT],
  ['%a, %e %b %Y %H:%M:%S', 'Sat, 21 Nov 2026 18:52:32', SECOND],
];

describe('start time', () => {
  for (const [argument, text, ms] of ROWS)
    it(`${argument} ${text}`, () => {
      const time = startTimeOf(argument);
      const buffer = Buffer.from(text);
      assert.ok(time);
      assert.equal(time.length, buffer.length);
      assert.equal(time.read(buffer, 0, buffer.length), ms);
      assert.ok(buffer.every((byte) => time.bytes[byte] === 1));
      assert.ok(Number.isNaN(time.read(buffer, 1, buffer.length)));
    });

  it('another zone, should Envoy ever write one', () => {
    const buffer = Buffer.from('2026-11-21T18:52:32+0130');
    assert.equal(startTimeOf('%FT%T%z')?.read(buffer, 0, buffer.length), SECOND - 90 * 60_000);
  });

  it('a time without a date is no moment', () => {
    const buffer = Buffer.from('18:52:32');
    assert.ok(Number.isNaN(startTimeOf('%T')?.read(buffer, 0, buffer.length)));
  });

  it('holds no quote and no blank that the format has not', () => {
    assert.equal(startTimeOf('')?.bytes[32], 0);
    assert.equal(startTimeOf('')?.bytes[34], 0);
  });

  for (const argument of ['%c', '%A', '%Z', '%n', '%Q'])
    it(`${argument} is not understood`, () => assert.equal(startTimeOf(argument), null));
});
