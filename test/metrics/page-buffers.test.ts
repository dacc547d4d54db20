import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONG_BYTES, PageBuffers } from '../../src/metrics/page-buffers.ts';

const pageOf = (buffers: PageBuffers, ...texts: string[]) =>
  buffers.page(texts.map((text) => ({ bytes: Buffer.from(text) })));
const textOf = ({ parts }: { readonly parts: readonly Uint8Array[] }) => Buffer.concat(parts).toString();
const memoryOf = ({ parts }: { readonly parts: readonly Uint8Array[] }) => parts[0].buffer;

test('joins, and uses a page again only when it is given back', () => {
  const buffers = new PageBuffers();
  const first = pageOf(buffers, 'abc', 'de');
  const second = pageOf(buffers, 'xyz');
  assert.deepEqual([textOf(first), textOf(second)], ['abcde', 'xyz']);
  assert.notEqual(memoryOf(first), memoryOf(second));
  first.release();
  const third = pageOf(buffers, 'longer than before');
  assert.equal(textOf(third), 'longer than before');
  assert.equal(memoryOf(third), memoryOf(first));
  assert.equal(textOf(second), 'xyz');
});

test('keeps two, and none that is too small', () => {
  const buffers = new PageBuffers();
  const pages = ['a', 'b', 'c'].map((text) => pageOf(buffers, text));
  for (const page of pages) page.release();
  const again = ['d', 'e', 'f'].map((text) => pageOf(buffers, text));
  assert.equal(again.filter((page) => pages.some((old) => memoryOf(old) === memoryOf(page))).length, 2);
  for (const page of again) page.release();
  assert.equal(textOf(pageOf(buffers, 'x'.repeat(10_000))).length, 10_000);
});

test('a long text stays where it is, lent until the page is given back; between short ones it keeps its place', () => {
  let loans = 0;
  const lender = {
    lend() {
      loans++;
      return () => void loans--;
    },
  };
  const long = { bytes: Buffer.alloc(LONG_BYTES, 'x'), lender };
  const short = { bytes: Buffer.from('short'), lender };
  const page = new PageBuffers().page([{ bytes: Buffer.from('# HELP ') }, long, short, { bytes: Buffer.from('.') }]);
  assert.equal(page.parts[1], long.bytes);
  assert.equal(textOf(page), `# HELP ${'x'.repeat(LONG_BYTES)}short.`);
  assert.equal(loans, 1);
  page.release();
  assert.equal(loans, 0);
});
