import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { isProblem, problemText } from '../../../src/parse/access-log/format-problem.ts';
import { READABLE } from './odd-formats.ts';
import { REFUSED } from './refused-formats.ts';

function compiled(source: string | readonly string[]) {
  const format = compileAccessFormat(source);
  if (isProblem(format)) assert.fail(problemText(format));
  return format;
}

describe('compileAccessFormat', () => {
  for (const { words, gives, unread = '' } of READABLE) {
    it(`reads ${words.join(' + ')}`, () => {
      const format = compiled(words);
      assert.deepEqual(
        [...format.fields].filter((name) => name !== 'status').sort(),
        gives.split(' ').filter(Boolean).sort(),
      );
      assert.deepEqual(format.unread.map(({ variable }) => variable).join(' '), unread);
    });
  }

  it('has a program for the time alone, which is shorter than that for all pieces', () => {
    const { times, pieces } = compiled('$host [$time_local] "$request" $status');
    assert.ok(times.length > 0 && times.length < pieces.length);
    assert.equal(compiled('$host "$request" $status $msec').times.length, 0);
  });

  for (const { words, reason, variable } of REFUSED) {
    it(`refuses ${words.join(' + ')}`, () => {
      const problem = compileAccessFormat(words);
      assert.ok(isProblem(problem), 'it was accepted');
      assert.deepEqual({ reason: problem.reason, variable: problem.variable }, { reason, variable });
      assert.ok(problem.fix.length > 5);
    });
  }
});
