import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPlain, PlainSource, readStart } from '../../../src/sources/tail/byte-source.ts';

test('reads by position, also after the file was unlinked, and closes once', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'source-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'file');
  writeFileSync(path, '0123456789');
  const source = new PlainSource(openPlain(path));
  unlinkSync(path);
  const target = Buffer.alloc(4);
  assert.equal(source.read(target, 3), 4);
  assert.equal(target.toString(), '3456');
  assert.equal(source.read(target, 8), 2);
  assert.equal(source.read(target, 100), 0);
  assert.equal(source.facts().size, 10);
  assert.equal(readStart(source).toString(), '0123456789');
  source.close();
  source.close();
});

test('opening a FIFO that nobody writes does not block', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'source-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'fifo');
  if (spawnSync('mkfifo', [path]).status !== 0) return t.skip('no mkfifo here');
  new PlainSource(openPlain(path)).close();
});
