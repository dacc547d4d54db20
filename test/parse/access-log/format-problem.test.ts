import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FORMAT_REASONS, isProblem, problemText } from '../../../src/parse/access-log/format-problem.ts';

it('every reason is a sentence with what to do', () => {
  for (const reason of FORMAT_REASONS) {
    const text = problemText({ reason, variable: 'status', text: 'host', fix: 'do this' });
    assert.match(text, /^\S.*: do this$/);
  }
});

it('names both variables', () =>
  assert.equal(
    problemText({ reason: 'hidden', variable: 'status', text: 'http_x', fix: 'put quotes around $http_x' }),
    '$http_x may hold what stands between it and the next variable, so $status may be anywhere: put quotes around $http_x',
  ));

it('tells a problem from a format', () => {
  assert.equal(isProblem({ reason: 'hidden' }), true);
  assert.equal(isProblem({ tokens: [] }), false);
});
