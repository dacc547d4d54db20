import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatValue } from '../../src/metrics/number.ts';
import { SampleText } from '../../src/metrics/sample-text.ts';

describe('SampleText', () => {
  function setUp() {
    const values: number[] = [];
    const text = new SampleText((slot) => values[slot]);
    return { text, values, read: () => text.render().toString() };
  }

  it('rewrites a number of the same length in place and moves the rest for a longer one', () => {
    const { text, values, read } = setUp();
    const a = text.add('a ');
    const b = text.add('b ');
    values[a] = 1;
    values[b] = 2;
    const before = text.render();
    values[a] = 9;
    text.touch(a);
    assert.equal(text.render(), before, 'same buffer');
    assert.equal(read(), 'a 9\nb 2\n');
    values[a] = 10;
    text.touch(a);
    assert.equal(read(), 'a 10\nb 2\n');
  });

  it('gives the memory of a large text back as soon as it stands elsewhere', () => {
    const { text, values, read } = setUp();
    const prefix = `${'x'.repeat(1000)} `;
    const slots = Array.from({ length: 1100 }, () => text.add(prefix));
    for (const slot of slots) values[slot] = 1;
    const before = text.render();
    assert.ok(before.length > 2 ** 20);
    values[slots[5]] = 10;
    text.touch(slots[5]);
    assert.equal(read(), slots.map((slot) => `${prefix}${values[slot]}\n`).join(''));
    assert.equal(before.buffer.byteLength, 0);
  });

  it('keeps a text that is lent as it is, and gives its memory back when the last reader is done', () => {
    const { text, values, read } = setUp();
    const prefix = `${'x'.repeat(1000)} `;
    const slots = Array.from({ length: 1100 }, () => text.add(prefix));
    for (const slot of slots) values[slot] = 1;
    const lent = text.render();
    const shown = lent.toString();
    const returns = [text.lend(), text.lend()];
    assert.equal(text.render(), lent, 'nothing has changed: no copy');
    for (const number of [2, 10, 11]) {
      values[slots[5]] = number;
      text.touch(slots[5]);
      assert.equal(read(), slots.map((slot) => `${prefix}${values[slot]}\n`).join(''));
      assert.equal(lent.toString(), shown);
    }
    returns[0]();
    assert.equal(lent.toString(), shown);
    returns[1]();
    assert.equal(lent.buffer.byteLength, 0);
    assert.ok(read().length > 0);
  });

  it('rewrites in place again when what was lent is given back', () => {
    const { text, values } = setUp();
    const a = text.add('a ');
    values[a] = 1;
    const lent = text.render();
    text.lend()();
    values[a] = 2;
    text.touch(a);
    assert.equal(text.render(), lent);
    assert.equal(lent.toString(), 'a 2\n');
  });

  it('says the same as rendering everything anew, whatever is added, changed and removed', () => {
    const value = fc.constantFrom(0, 9, 10, 99.5, 1e21, -1, Number.NaN, Number.POSITIVE_INFINITY);
    const step = fc.record({
      what: fc.constantFrom('add', 'set', 'set', 'set', 'remove', 'read'),
      at: fc.nat(),
      value,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { text, values, read } = setUp();
        const lines = new Map<number, string>();
        for (const [i, { what, at, value }] of steps.entries()) {
          const slots = [...lines.keys()];
          const slot = what === 'add' ? text.add(`ü${i} `) : slots[at % slots.length];
          if (what === 'read' || slot === undefined) read();
          else if (what === 'remove') text.remove(slot);
          else text.touch(slot);
          if (slot !== undefined) values[slot] = value;
          if (what === 'add') lines.set(slot, `ü${i} `);
          if (what === 'remove') lines.delete(slot);
          else if (what === 'read' && slot !== undefined) text.touch(slot);
        }
        const slots = [...lines.keys()].sort((a, b) => a - b);
        assert.equal(read(), slots.map((slot) => `${lines.get(slot)}${formatValue(values[slot])}\n`).join(''));
      }),
      { numRuns: 500 },
    );
  });

  it('shows a changed value only after touch', () => {
    const { text, values, read } = setUp();
    const a = text.add('a ');
    values[a] = 1;
    read();
    values[a] = 2;
    assert.equal(read(), 'a 1\n');
  });

  it('keeps a removed line out when what stands before it grows later', () => {
    const { text, values, read } = setUp();
    const [a, b, c] = ['a ', 'b ', 'c '].map((prefix) => text.add(prefix));
    [a, b, c].forEach((slot) => {
      values[slot] = 1;
    });
    read();
    text.remove(b);
    read();
    for (const value of [10, 100]) {
      values[a] = value;
      text.touch(a);
      assert.equal(read(), `a ${value}\nc 1\n`);
    }
    values[c] = 12;
    text.touch(c);
    assert.equal(read(), 'a 100\nc 12\n');
  });

  it('forgets a removed line and uses its slot again', () => {
    const { text, values, read } = setUp();
    const a = text.add('a ');
    values[a] = 1;
    text.remove(a);
    assert.equal(read(), '');
    assert.equal(text.add('ü '), a);
    assert.equal(read(), 'ü 1\n');
    text.clear();
    assert.equal(read(), '');
  });
});
