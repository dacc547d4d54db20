import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeWordTable, readUint } from '../../src/parse/envoy-words.ts';

const find = (words: readonly string[], word: string) => {
  const buffer = Buffer.from(`<${word}>`, 'latin1');
  return makeWordTable(words).find(buffer, 1, buffer.length - 1);
};

describe('makeWordTable', () => {
  it('finds each word and no other', () => {
    const words = ['a', 'ab', 'ba', 'upstream_cx_total', 'upstream_rq_total'];
    for (const [index, word] of words.entries()) assert.equal(find(words, word), index + 1);
    for (const other of ['', 'b', 'abc', 'upstream_cx_totam', 'UPSTREAM_CX_TOTAL']) assert.equal(find(words, other), 0);
  });

  it('agrees with indexOf on any list and any word', () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' });
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 60 }), word, (words, other) => {
        for (const wanted of [...words, other]) assert.equal(find(words, wanted), words.indexOf(wanted) + 1);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps words apart whose hashes are equal', () => {
    const words = ['Aa', 'BB', 'AaAa', 'BBBB', 'AaBB'];
    for (const [index, word] of words.entries()) assert.equal(find(words, word), index + 1);
    assert.equal(find(words, 'BBAa'), 0);
  });

  it('refuses a list with duplicates', () => assert.throws(() => makeWordTable(['a', 'a']), /a is in the list twice/));
});

describe('readUint', () => {
  const read = (text: string) => readUint(Buffer.from(text), 0, text.length);

  it('reads what a double holds exactly', () => {
    assert.equal(read('0'), 0);
    assert.equal(read('007'), 7);
    assert.equal(read('9007199254740991'), Number.MAX_SAFE_INTEGER);
  });

  for (const text of ['', '-1', '1.5', '1e3', 'x', ' 1', '9007199254740992', '11975404232982186540', '1'.repeat(21)])
    it(`is NaN for ${JSON.stringify(text)}`, () => assert.ok(Number.isNaN(read(text))));
});
