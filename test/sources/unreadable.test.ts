import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { whyUnreadable } from '../../src/sources/unreadable.ts';

function whyOf(path: string): string {
  try {
    readFileSync(path);
  } catch (error) {
    return whyUnreadable(error);
  }
  return assert.fail('it can be read');
}

it('says the code and what it means; a code that nobody knows stays alone', () => {
  assert.equal(whyOf('/nonexistent/x'), 'ENOENT: there is no such file');
  assert.equal(whyOf('/tmp'), 'EISDIR: it is a directory; name a file in it');
  assert.equal(whyOf('/dev/null/x'), 'ENOTDIR: a part of the path is a file');
  assert.equal(whyUnreadable(Object.assign(new Error('EIO: i/o'), { code: 'EIO' })), 'EIO');
  assert.equal(whyUnreadable(new Error('no code')), 'no code');
});
