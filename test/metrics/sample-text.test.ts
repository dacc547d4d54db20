import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SampleText } from '../../src/metrics/sample-text.ts';

describe('SampleText', () => {
  function setUp() {
    const values: number[] = [];
    const text = new SampleText((slot) => values[slot]);
    return { text, values, read: () => text.render().toString() };
  }

  it('rewrites a number of the same length in place and rebuilds for a longer one', () => {
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

  it('shows a changed value only after touch', () => {
    const { text, values, read } = setUp();
    const a = text.add('a ');
    values[a] = 1;
    read();
    values[a] = 2;
    assert.equal(read(), 'a 1\n');
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
