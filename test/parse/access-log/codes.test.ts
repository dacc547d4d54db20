import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CODES, codeIndex, NO_CODE } from '../../../src/parse/access-log/codes.ts';

it('has a label for every number that a status can be', () => {
  for (let code = 1; code < 1000; code++) {
    const label = CODES[codeIndex(code)];
    assert.ok(label === String(code) || label === `${String(code)[0]}xx` || label === 'other', `${code} ${label}`);
  }
  assert.deepEqual(
    [200, 499, 444, 299, 599, 600, 0, 9, -1].map((code) => CODES[codeIndex(code)]),
    ['200', '499', '444', '2xx', '5xx', 'other', 'none', 'other', 'none'],
  );
  assert.equal(codeIndex(-1), NO_CODE);
  assert.equal(new Set(CODES).size, CODES.length);
});
