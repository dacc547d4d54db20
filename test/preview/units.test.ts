import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ticksOf } from '../../src/preview/axes.ts';
import { formatValue, niceStep } from '../../src/preview/units.ts';

describe('values of a preview', () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [0.0123, 'percentunit', '1.23 %'],
    [1536, 'bytes', '1.5 KiB'],
    [0.0004, 's', '400 µs'],
    [90, 's', '1.5 min'],
    [200_000, 's', '2.31 d'],
    [1234, 'short', '1.23 K'],
    [0, 'pps', '0 p/s'],
    [0.00004, 'short', '0.00004'],
    [262_144, 'none', '262144'],
    [-3, 'short', '-3'],
  ];
  for (const [value, unit, text] of cases)
    it(`${value} ${unit} is ${text}`, () => assert.equal(formatValue(value, unit), text));

  it('axes have ticks at easy figures, inside their bounds', () => {
    assert.deepEqual(ticksOf([0, 9], 'short'), [0, 5]);
    assert.deepEqual(ticksOf([0, 1], 'percentunit'), [0, 0.5, 1]);
    assert.deepEqual(ticksOf([0, 700], 's'), [0, 300, 600]);
    assert.equal(niceStep(4096, 4, 'bytes'), 1024);
  });
});
