import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessScanModule } from '../../../scripts/access-scan.ts';
import { END, FORMAT_TEXTS_BYTES, NUMBERS } from '../../../src/parse/access-log/access-layout.ts';
import { OP } from '../../../src/parse/access-log/program.ts';
import { NUMBER_FIELDS } from '../../../src/parse/access-log/variables.ts';

test('access-scan.ts is what its source makes; `make docs` writes it', async () => {
  const written = readFileSync(new URL('../../../src/parse/access-log/access-scan.ts', import.meta.url), 'utf8');
  assert.equal(written, await accessScanModule());
});

test('what it shares with the program is the same, and has room', () => {
  assert.equal(END, OP.back);
  assert.equal(NUMBERS, NUMBER_FIELDS.length);
  assert.ok(FORMAT_TEXTS_BYTES > 8192);
});
