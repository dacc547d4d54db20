import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Interner } from '../../src/parse/interner.ts';

const idOf = (interner: Interner, text: string) => {
  const buffer = Buffer.from(`__${text}__`);
  return interner.idOf(buffer, 2, 2 + text.length);
};

describe('Interner', () => {
  it('gives equal bytes the same number and others another', () => {
    const interner = new Interner(1000);
    const ids = Array.from({ length: 1000 }, (_, i) => idOf(interner, `10.0.${i >> 8}.${i & 255}:80`));
    assert.equal(new Set(ids).size, 1000);
    assert.equal(idOf(interner, '10.0.0.7:80'), ids[7]);
    assert.equal(interner.names[ids[7]], '10.0.0.7:80');
  });

  it('answers 0 when full or too long, and keeps what it knows', () => {
    const interner = new Interner(2);
    const first = idOf(interner, 'a');
    idOf(interner, 'b');
    assert.equal(idOf(interner, 'c'), 0);
    assert.equal(idOf(interner, 'x'.repeat(300)), 0);
    assert.equal(idOf(interner, 'a'), first);
    assert.equal(interner.size, 2);
  });

  it('tells keys of every length apart, however many', () => {
    const interner = new Interner(5000);
    const keys = Array.from({ length: 1000 }, (_, i) => `${'p'.repeat(i % 20)}${i}`);
    const ids = keys.map((key) => idOf(interner, key));
    assert.equal(new Set(ids).size, keys.length);
    assert.deepEqual(
      keys.map((key) => idOf(interner, key)),
      ids,
    );
  });

  it('does not keep the block it read from', () => {
    const interner = new Interner(4);
    const block = Buffer.from('10.0.0.1:80');
    const id = interner.idOf(block, 0, block.length);
    block.fill(0);
    assert.equal(idOf(interner, '10.0.0.1:80'), id);
  });
});
