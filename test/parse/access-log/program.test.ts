import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ANY, Assembler, LIMIT, OP, STEP } from '../../../src/parse/access-log/program.ts';

it('numbers its operations without a gap, those that read a field first', () => {
  const numbers = Object.values(OP);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  );
  assert.ok(OP.times < OP.segment && OP.segment < OP.back);
});

it('keeps texts, and puts one of a single byte behind the step before', () => {
  const texts: number[] = [];
  const out = new Assembler(texts);
  out.put(OP.segment, 1);
  out.putText(Buffer.from(' '));
  out.put(OP.status, 2);
  out.putText(Buffer.from('ab'));
  out.putText(Buffer.from('|'));
  out.putText(Buffer.from('|'));
  out.put(OP.integer, 3, 4);
  out.putLimit();
  assert.deepEqual(
    [...out.code],
    [
      ...[OP.segment, 1, 0, 32],
      ...[OP.status, 2, 0, ANY],
      ...[OP.text, 0, 2, 124],
      ...[OP.text, 2, 1, ANY],
      ...[OP.integer, 3, 4, LIMIT],
    ],
  );
  assert.equal(out.code.length % STEP, 0);
  assert.equal(Buffer.from(texts).toString(), 'ab|');
});

it('knows when there is nothing to limit', () => {
  const out = new Assembler([]);
  assert.throws(() => out.putLimit());
  out.put(OP.back);
  assert.throws(() => out.putLimit());
});
