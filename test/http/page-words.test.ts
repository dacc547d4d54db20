import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countOf, formatCount, formatRate, formatShare } from '../../src/http/page-words.ts';

describe('words for numbers', () => {
  it('separate thousands and agree in number', () => {
    assert.equal(formatCount(1234567), '1,234,567');
    assert.deepEqual([countOf(1, 'failure'), countOf(2, 'address', 'addresses')], ['1 failure', '2 addresses']);
  });

  for (const [perSecond, text] of [
    [0.02, '1.2 failures/min'],
    [0.1, '0.1 failures/s'],
    [12.4, '12 failures/s'],
  ] as const) {
    it(`${perSecond} per second is ${text}`, () => assert.equal(formatRate(perSecond), text));
  }

  for (const [share, text] of [
    [0, '0.0 %'],
    [0.0004, '<0.1 %'],
    [0.0184, '1.8 %'],
    [0.9999, '99.9 %'],
    [1, '100 %'],
    [1.0079, '100.7 %'],
  ] as const) {
    it(`${share} of all is ${text}`, () => assert.equal(formatShare(share), text));
  }
});
