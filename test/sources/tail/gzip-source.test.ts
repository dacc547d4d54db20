import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { GzipSource, readGzipStart } from '../../../src/sources/tail/gzip-source.ts';

function fileOf(t: TestContext, bytes: Buffer): number {
  const directory = mkdtempSync(join(tmpdir(), 'gzip-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'file.gz'), bytes);
  return openSync(join(directory, 'file.gz'), 'r');
}

const text = Array.from({ length: 100_000 }, (_, number) => `line ${number * 7919}\n`).join('');

/** Everything from `position` on, in blocks. @throws what the source throws. */
async function readAll(source: GzipSource, from: number): Promise<string> {
  const block = Buffer.alloc(10_000);
  let all = '';
  for (let position = from; ; ) {
    const got = source.read(block, position);
    all += block.toString('latin1', 0, got);
    position += got;
    if (got === 0 && !source.isWaiting()) return all;
    if (got === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('reads from the beginning and from the middle; the trailer says the size', async (t) => {
  for (const from of [0, 1, 500_000, text.length]) {
    const source = new GzipSource(fileOf(t, gzipSync(text)), 1e9, () => {});
    assert.equal(source.facts().size, text.length);
    assert.equal((await readAll(source, from)) === text.slice(from), true, `from ${from}`);
    source.close();
  }
});

test('says when there is more', async (t) => {
  let calls = 0;
  const source = new GzipSource(fileOf(t, gzipSync('abc\n')), 1e9, () => {
    calls += 1;
  });
  assert.equal(source.read(Buffer.alloc(10), 0), 0);
  assert.equal(await readAll(source, 0), 'abc\n');
  assert.ok(calls > 0);
  source.close();
});

test('a cut file throws after what could be unpacked', async (t) => {
  const packed = gzipSync(text);
  const source = new GzipSource(fileOf(t, packed.subarray(0, packed.length / 2)), 1e9, () => {});
  await assert.rejects(readAll(source, 0), /unexpected end of file/);
  source.close();
});

test('more than the limit throws', async (t) => {
  const source = new GzipSource(fileOf(t, gzipSync(text)), 300_000, () => {});
  await assert.rejects(readAll(source, 0), /too big/);
  source.close();
});

test('closing in the middle is quiet', async (t) => {
  const source = new GzipSource(fileOf(t, gzipSync(text)), 1e9, () => {});
  source.read(Buffer.alloc(10), 0);
  source.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test('the head of a gzip file, and of what is none', (t) => {
  const packed = fileOf(t, gzipSync(text));
  assert.equal(readGzipStart(packed).toString(), text.slice(0, 256));
  closeSync(packed);
  const other = fileOf(t, Buffer.from('plain text'));
  assert.equal(readGzipStart(other).length, 0);
  closeSync(other);
});
