import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBeingWritten, isJustEmptied } from '../../src/sources/emptied-file.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';

const FULL = { size: 7, mtimeMs: 1_000, ctimeMs: 2_000 };

test('empty with the times of before is being written; with others, or empty before, it is not known to be', () => {
  const emptied = { ...FULL, size: 0 };
  assert.equal(isBeingWritten(FULL, emptied), true);
  assert.equal(isBeingWritten(undefined, emptied), false);
  assert.equal(isBeingWritten(emptied, emptied), false);
  assert.equal(isBeingWritten(FULL, { ...emptied, mtimeMs: 1_001 }), false);
  assert.equal(isBeingWritten(FULL, { ...emptied, ctimeMs: 2_001 }), false);
  assert.equal(isBeingWritten(FULL, { ...FULL, size: 3 }), false);
});

test('what was emptied a moment ago may be filled yet, whatever its mtime was set to', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-emptied-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'a');
  const stamp = () => new HostFiles('').stamp(path)!;
  writeFileSync(path, 'a');
  assert.equal(isJustEmptied(stamp(), Date.now()), false);
  truncateSync(path);
  utimesSync(path, 1, 1);
  assert.equal(isJustEmptied(stamp(), Date.now()), true);
  assert.equal(isJustEmptied(stamp(), Date.now() + 3_000), false);
});
