import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CAUSES } from '../../src/contract/names.ts';
import { CAUSE_WORDS } from '../../src/http/cause-words.ts';

describe('cause words', () => {
  for (const cause of CAUSES) {
    it(`${cause} has a title, a meaning and a next step`, () => {
      const { title, meaning, next } = CAUSE_WORDS[cause];
      assert.match(title, /^.{4,45}$/);
      assert.match(meaning, /^[A-Z].+\.$|^nginx.+\.$/);
      assert.match(next, /^[A-Z].+\.$/);
    });
  }
  it('no two causes share a title', () => {
    assert.equal(new Set(Object.values(CAUSE_WORDS).map(({ title }) => title)).size, CAUSES.length);
  });
});
