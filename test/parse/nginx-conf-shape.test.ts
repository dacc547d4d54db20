import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isData, isLua, shapeProblem } from '../../src/parse/nginx-conf-shape.ts';

test('blocks of values and of Lua', () => {
  assert.deepEqual(['map', 'geo', 'types', 'split_clients', 'server', 'http'].map(isData), [
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual(
    ['content_by_lua_block', 'set_by_lua_block', 'balancer_by_lua_block', 'content_by_lua', 'lua_block'].map(isLua),
    [true, true, true, false, false],
  );
});

const CASES: readonly [name: string, kind: 'simple' | 'block', parent: string, message: string | null][] = [
  ['server', 'simple', 'upstream', null],
  ['server', 'block', 'upstream', 'directive "server" is not terminated by ";"'],
  ['server', 'simple', 'http', 'directive "server" has no opening "{"'],
  ['server', 'block', 'stream', null],
  ['location', 'simple', 'server', 'directive "location" has no opening "{"'],
  ['listen', 'block', 'server', 'directive "listen" is not terminated by ";"'],
  ['something_else', 'block', 'http', null],
  ['something_else', 'simple', 'http', null],
];
for (const [name, kind, parent, message] of CASES)
  test(`${kind} ${name} in ${parent}`, () => assert.equal(shapeProblem({ name, kind }, parent), message));
