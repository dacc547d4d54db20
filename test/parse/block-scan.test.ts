import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { blockScanModule } from '../../scripts/block-scan.ts';

test('block-scan.ts is what its source makes; `make docs` writes it', async () => {
  const written = readFileSync(new URL('../../src/parse/block-scan.ts', import.meta.url), 'utf8');
  assert.equal(written, await blockScanModule());
});
