import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageBuffers } from '../../src/metrics/page-buffers.ts';

const join = (buffers: PageBuffers, ...texts: string[]) => buffers.join(texts.map((text) => Buffer.from(text)));

test('joins, and uses a page again only when it is given back', () => {
  const buffers = new PageBuffers();
  const first = join(buffers, 'abc', 'de');
  const second = join(buffers, 'xyz');
  assert.deepEqual([first.toString(), second.toString()], ['abcde', 'xyz']);
  assert.notEqual(first.buffer, second.buffer);
  buffers.recycle(first);
  const third = join(buffers, 'longer than before');
  assert.equal(third.toString(), 'longer than before');
  assert.equal(third.buffer, first.buffer);
  assert.equal(second.toString(), 'xyz');
});

test('keeps two, and none that is too small', () => {
  const buffers = new PageBuffers();
  const pages = ['a', 'b', 'c'].map((text) => join(buffers, text));
  for (const page of pages) buffers.recycle(page);
  const again = ['d', 'e', 'f'].map((text) => join(buffers, text));
  assert.equal(again.filter((page) => pages.some(({ buffer }) => buffer === page.buffer)).length, 2);
  for (const page of again) buffers.recycle(page);
  assert.equal(join(buffers, 'x'.repeat(10_000)).length, 10_000);
});
