import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LONGEST_LINE_BYTES, readLines } from '../../src/parse/log-lines.ts';

async function* chunks(parts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function read(parts: readonly (string | Buffer)[]) {
  const lines: { number: number; content: string; isTooLong: boolean }[] = [];
  for await (const { number, content, isTooLong } of readLines(chunks(parts))) {
    lines.push({ number, content: content.toString('utf8'), isTooLong });
  }
  return lines;
}

test('lines over chunk borders, with and without a newline at the end', async () => {
  const lines = await read(['ab', 'c\nd', 'e\r\n', '\n', 'f']);
  assert.deepEqual(
    lines.map(({ number, content }) => [number, content]),
    [
      [1, 'abc'],
      [2, 'de'],
      [3, ''],
      [4, 'f'],
    ],
  );
});

test('pieces are joined per stream', async () => {
  const stamp = '2026-11-21T03:03:03.1Z';
  const lines = await read([
    `${stamp} stderr P one \n${stamp} stdout P two \n${stamp} stderr F more\n${stamp} stdout F more\n`,
  ]);
  assert.deepEqual(
    lines.map(({ number, content }) => [number, content]),
    [
      [3, 'one more'],
      [4, 'two more'],
    ],
  );
});

test('a piece without a rest is a line at the end', async () => {
  const lines = await read(['2026-11-21T03:03:03.1Z stderr P lost\n']);
  assert.deepEqual(lines, [{ number: 1, content: 'lost', isTooLong: false }]);
});

test('a line over 64 KiB is bounded and said to be too long; the next one is whole', async () => {
  const lines = await read([...Array.from({ length: 40 }, () => Buffer.alloc(4096, 120)), '\nnext\n']);
  assert.deepEqual([lines[0].content.length, lines[0].isTooLong], [LONGEST_LINE_BYTES, true]);
  assert.deepEqual(lines[1], { number: 2, content: 'next', isTooLong: false });
  const [exact] = await read([Buffer.alloc(LONGEST_LINE_BYTES, 120)]);
  assert.equal(exact.isTooLong, false);
});

test('the same lines whatever the chunks', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '{', ' '), maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(text, fc.nat(80), fc.nat(80), async (whole, a, b) => {
      const [i, j] = [Math.min(a, b), Math.max(a, b)];
      assert.deepEqual(await read([whole.slice(0, i), whole.slice(i, j), whole.slice(j)]), await read([whole]));
    }),
  );
});
