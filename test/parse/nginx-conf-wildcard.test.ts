import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesWildcard } from '../../src/parse/nginx-conf-wildcard.ts';

const CASES: readonly [pattern: string, matching: string[], other: string[]][] = [
  ['/a/*.conf', ['/a/b.conf', '/a/b.c.conf'], ['/a/.b.conf', '/a/b/c.conf', '/a/b.conf.off', '/b/b.conf', '/a/bconf']],
  ['/a/*', ['/a/b'], ['/a/b/c', '/a/.b', '/a']],
  ['/*/x', ['/a/x'], ['/x', '/a/b/x']],
  ['/a/b?', ['/a/bc'], ['/a/b', '/a/bcd']],
  ['/a/[a-c0].conf', ['/a/b.conf', '/a/0.conf'], ['/a/d.conf', '/a/-.conf']],
  ['/a/[!a-c]x', ['/a/dx'], ['/a/ax', '/a/x']],
  ['/a/[^a]x', ['/a/bx'], ['/a/ax']],
  ['/a/[]x]', ['/a/]', '/a/x'], ['/a/y']],
  ['/a/[ab', ['/a/[ab'], ['/a/a']],
  ['/a/\\*', ['/a/*'], ['/a/b']],
  ['/a/*b*c', ['/a/bc', '/a/xbxbxc'], ['/a/xbx', '/a/cb']],
  ['/a/.*', ['/a/.b'], ['/a/b']],
];
for (const [pattern, matching, other] of CASES) {
  test(pattern, () => {
    for (const path of matching) assert.equal(matchesWildcard(path, pattern), true, path);
    for (const path of other) assert.equal(matchesWildcard(path, pattern), false, path);
  });
}

test('many stars take no exponential time', () => {
  const start = performance.now();
  assert.equal(matchesWildcard(`/${'a'.repeat(2000)}`, `/${'*a'.repeat(500)}b`), false);
  assert.ok(performance.now() - start < 2000);
});
