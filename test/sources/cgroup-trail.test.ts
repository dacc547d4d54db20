import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findTrail, identityOf } from '../../src/sources/cgroup-trail.ts';

function tree(t: TestContext, ...paths: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'badgateway-trail-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
  return root;
}

const { signal } = new AbortController();

test('the names of the directory with the inode, at its depth', async (t) => {
  const root = tree(t, 'a/x/own', 'a/y/own', 'b/z/own/own');
  const identity = identityOf(join(root, 'a/y/own'))!;
  assert.deepEqual(await findTrail(root, 3, identity, signal), ['a', 'y', 'own']);
  assert.equal(await findTrail(root, 2, identity, signal), null);
  assert.equal(await findTrail(root, 4, identity, signal), null);
});

test('links are not followed', async (t) => {
  const [root, other] = [tree(t, 'a'), tree(t, 'own')];
  symlinkSync(other, join(root, 'link'));
  assert.equal(await findTrail(root, 2, identityOf(join(other, 'own'))!, signal), null);
});

test('ends with the signal', async (t) => {
  const root = tree(t, 'a/b');
  await assert.rejects(findTrail(root, 2, '0:0', AbortSignal.abort()), { name: 'AbortError' });
});

test('what is not there has no identity', () => assert.equal(identityOf('/no/such/directory'), undefined));
