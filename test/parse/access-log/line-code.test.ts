import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineCode } from '../../../src/parse/access-log/line-code.ts';
import { Assembler, OP } from '../../../src/parse/access-log/program.ts';
import { BlockIndex } from '../../../src/parse/block-index.ts';

/** Attempts plus one, or 0, of one line without quotes. */
function read(assemble: (to: Assembler) => void, text: string): number {
  const assembler = new Assembler([]);
  assemble(assembler);
  const index = new BlockIndex();
  const line = Buffer.from(text);
  index.scan(line, 0, line.length);
  const { memory } = index;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(lineCode(assembler.code)), { index: { memory } });
  return (exports.request as (...numbers: number[]) => number)(0, line.length, 0, 0);
}

describe('lineCode', () => {
  it('makes a module of each step, with its arguments and what must follow', () => {
    const status = (to: Assembler) => {
      to.put(OP.segment, 0, 1);
      to.put(OP.status, 0);
      to.putText(Buffer.from('#'));
      to.put(OP.integer, 3);
      to.putLimit();
    };
    assert.equal(read(status, '200#12'), 1);
    assert.equal(read(status, '200/12'), 0);
    assert.equal(read(status, '200#12 '), 0);
    assert.equal(read(status, '20x#12'), 0);
  });

  it('of nothing, of many steps, and of an argument that has a sign', () => {
    assert.equal(
      read(() => {}, 'x'),
      1,
    );
    const many = (to: Assembler) => {
      to.put(OP.segment, 0, 1);
      for (let i = 0; i < 300; i++) {
        to.put(OP.integer, i % 8);
        to.putText(Buffer.from(','));
      }
    };
    assert.equal(read(many, '7,'.repeat(300)), 1);
    assert.equal(read(many, '7,'.repeat(299)), 0);
    const statuses = (to: Assembler) => {
      to.put(OP.segment, 0, 1);
      to.put(OP.statuses, -1, 1);
      to.putLimit();
    };
    assert.equal(read(statuses, '502'), 2);
    assert.equal(read(statuses, '-'), 1);
  });
});
