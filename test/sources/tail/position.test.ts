import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPlain, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { digest, headOf } from '../../../src/sources/tail/identity.ts';
import { BEGINNING, isAt } from '../../../src/sources/tail/position.ts';
import { Story } from './story.ts';

test('a position is found again in the same bytes only', (t) => {
  const { log } = new Story(t);
  const text = Buffer.from('one\ntwo\n');
  writeFileSync(log, text);
  const source = new PlainSource(openPlain(log));
  t.after(() => source.close());
  const position = { offset: text.length, head: headOf(text), tail: digest(text), skipping: false };
  assert.equal(isAt(source, position), true);
  appendFileSync(log, 'three\n');
  assert.equal(isAt(source, position), true);
  truncateSync(log, 4);
  assert.equal(isAt(source, position), false);
  appendFileSync(log, 'TWO\nthree\n');
  assert.equal(isAt(source, position), false);
});

test('the beginning is in every file, the end of nothing in none', (t) => {
  const { log } = new Story(t);
  writeFileSync(log, '');
  const source = new PlainSource(openPlain(log));
  t.after(() => source.close());
  assert.equal(isAt(source, { ...BEGINNING, tail: digest(Buffer.alloc(0)) }), true);
  assert.equal(isAt(source, { ...BEGINNING, offset: 1, tail: digest(Buffer.from('x')) }), false);
});
