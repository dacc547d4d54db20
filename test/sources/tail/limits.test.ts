import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_LINE_BYTES } from '../../../src/parse/error-log-reader.ts';
import { DEFAULT_LIMITS } from '../../../src/sources/tail/limits.ts';

test('what the tailer hands over as a line is what the reader takes as one', () => {
  assert.equal(DEFAULT_LIMITS.lineBytes, LONGEST_LINE_BYTES);
  assert.ok(DEFAULT_LIMITS.holdMs > DEFAULT_LIMITS.quietMs);
});
