import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSmallFile } from '../../src/sources/small-file.ts';

test('reads a regular file up to its limit, through links, and nothing else', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-small-file-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const at = (name: string) => join(directory, name);
  writeFileSync(at('file'), 'text');
  symlinkSync(at('file'), at('link'));
  mkdirSync(at('directory'));
  execFileSync('mkfifo', [at('fifo')]);
  assert.equal(await readSmallFile(at('file'), 4), 'text');
  assert.equal(await readSmallFile(at('link'), 10), 'text');
  assert.equal(await readSmallFile(at('none'), 10), null);
  assert.equal(await readSmallFile(at('file/below'), 10), null);
  await assert.rejects(readSmallFile(at('file'), 3), /longer than 3 bytes/);
  await assert.rejects(readSmallFile(at('directory'), 10), /not a regular file/);
  await assert.rejects(readSmallFile(at('fifo'), 10), /not a regular file/, 'nobody waits for a writer');
});
