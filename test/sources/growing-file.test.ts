import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GrowingFile } from '../../src/sources/growing-file.ts';

function setUp(t: TestContext, text: string, isOld = true) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-growing-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, '0.log');
  writeFileSync(path, text);
  const file = new GrowingFile(path, isOld);
  const read = (most = 100) => {
    const seen: string[] = [];
    const skipped = file.read(most, (lines) => seen.push(lines.toString()));
    return [skipped, seen.join('')];
  };
  return { path, read };
}

test('begins at the end of what was there, and gives whole lines once', (t) => {
  const { path, read } = setUp(t, 'old\n');
  assert.deepEqual(read(), [0, '']);
  appendFileSync(path, 'one\ntwo\nthr');
  assert.deepEqual(read(), [0, 'one\ntwo\n']);
  assert.deepEqual(read(), [0, '']);
  appendFileSync(path, 'ee\n');
  assert.deepEqual(read(), [0, 'three\n']);
});

test('a file that is born later, takes another place, or is cut, is read from its begin', (t) => {
  const { path, read } = setUp(t, 'born\n', false);
  assert.deepEqual(read(), [0, 'born\n']);
  writeFileSync(`${path}.new`, 'next\n');
  renameSync(`${path}.new`, path);
  assert.deepEqual(read(), [0, 'next\n']);
  truncateSync(path);
  assert.deepEqual(read(), [0, '']);
  appendFileSync(path, 'cut\n');
  assert.deepEqual(read(), [0, 'cut\n']);
  rmSync(path);
  assert.deepEqual(read(), [undefined, '']);
});

test('of much it gives the latest whole lines, and says what it passed over', (t) => {
  const { path, read } = setUp(t, '', false);
  appendFileSync(path, `${'a'.repeat(50)}\nbbb\nccc\n`);
  assert.deepEqual(read(10), [49, 'bbb\nccc\n']);
  appendFileSync(path, 'd'.repeat(50));
  assert.deepEqual(read(10), [40, ''], 'a line without an end is given up');
  appendFileSync(path, 'd\neee\n');
  assert.deepEqual(read(10), [0, 'd\neee\n']);
});
