import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FLAG, flagsOf, RESPONSE_FLAGS, UNKNOWN_FLAG } from '../../../src/parse/envoy-access/response-flags.ts';

describe('response flags', () => {
  it('knows the 30 core flags of 1.36, each with a bit of its own', () => {
    assert.equal(RESPONSE_FLAGS.length, 30);
    assert.equal(new Set(Object.values(FLAG)).size, 30);
    assert.ok(!Object.values(FLAG).includes(UNKNOWN_FLAG));
  });

  it('reads short and long names', () => {
    for (const [short, long] of RESPONSE_FLAGS) {
      assert.equal(flagsOf(short), FLAG[short]);
      assert.equal(flagsOf(long), FLAG[short]);
    }
  });

  it('reads the names of the enumeration', () => {
    assert.equal(flagsOf('OverloadManager,DropOverLoad'), FLAG.OM | FLAG.DO);
  });

  it('reads none', () => assert.equal(flagsOf('-'), 0));

  it('keeps what an extension registered apart', () => {
    assert.equal(flagsOf('UF,XYZ'), FLAG.UF | UNKNOWN_FLAG);
    assert.equal(flagsOf('uf'), UNKNOWN_FLAG);
  });

  it('is a set: order and repetition do not matter', () => {
    const names = RESPONSE_FLAGS.map(([short]) => short);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 8 }), (flags) => {
        const expected = flags.reduce((bits, flag) => bits | FLAG[flag], 0);
        assert.equal(flagsOf(flags.join(',')), expected);
      }),
    );
  });
});
