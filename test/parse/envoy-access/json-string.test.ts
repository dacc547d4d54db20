import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { unescapeInPlace } from '../../../src/parse/envoy-access/json-string.ts';

function unescaped(json: string): string {
  const buffer = Buffer.from(`<${json}>`);
  const end = unescapeInPlace(buffer, 1, buffer.length - 1);
  return buffer.toString('utf8', 1, end);
}

describe('JSON strings', () => {
  it('agrees with JSON.parse', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = JSON.stringify(text).slice(1, -1);
        assert.equal(unescaped(json), Buffer.from(text).toString());
      }),
      { numRuns: 2000 },
    ));

  it('as Envoy escapes what is no UTF-8', () =>
    assert.equal(unescaped('a\\u0022b\\u005cc\\u0009q\\u00ff\\ud83d\\ude00'), 'a"b\\c\tqÿ😀'));

  it('leaves what is no escape', () => {
    for (const text of ['\\x', '\\u12', '\\u12g4', 'end\\']) assert.equal(unescaped(text), text);
  });
});
