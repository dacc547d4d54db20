import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openPlain, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { positionAtEnd } from '../../../src/sources/tail/start-position.ts';

function endOf(t: TestContext, text: string): { offset: number; skipping: boolean } {
  const directory = mkdtempSync(join(tmpdir(), 'start-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'file'), text);
  const source = new PlainSource(openPlain(join(directory, 'file')));
  const { offset, skipping } = positionAtEnd(source);
  source.close();
  return { offset, skipping };
}

test('after the last newline', (t) => {
  assert.deepEqual(endOf(t, ''), { offset: 0, skipping: false });
  assert.deepEqual(endOf(t, 'no newline yet'), { offset: 0, skipping: false });
  assert.deepEqual(endOf(t, 'one\ntwo\n'), { offset: 8, skipping: false });
  assert.deepEqual(endOf(t, 'one\ntwo\nhalf'), { offset: 8, skipping: false });
  assert.deepEqual(endOf(t, `${'x'.repeat(200_000)}\n`), { offset: 200_001, skipping: false });
});

test('inside a line that is too long anyway', (t) => {
  assert.deepEqual(endOf(t, `one\n${'x'.repeat(100_000)}`), { offset: 100_004, skipping: true });
});
