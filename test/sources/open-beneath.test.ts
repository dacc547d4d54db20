import assert from 'node:assert/strict';
import { closeSync, constants, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBeneath } from '../../src/sources/open-beneath.ts';
import { FakeProc } from '../support/fake-proc.ts';

function readBeneath(root: string, path: string): string {
  const fd = openBeneath(root, path, constants.O_RDONLY);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const openFiles = () => readdirSync('/proc/self/fd').length;

test('files below the root, and no link anywhere on the way', (t) => {
  const tree = new FakeProc(t, 'host').write('a/b/c.conf', 'inside').write('top', 'above');
  symlinkSync('/etc', join(tree.root, 'a/etc'));
  symlinkSync('b', join(tree.root, 'a/near'));
  symlinkSync('/etc/passwd', join(tree.root, 'a/passwd'));
  const before = openFiles();
  assert.equal(readBeneath(tree.root, '/a/b/c.conf'), 'inside');
  assert.equal(readBeneath(tree.root, 'top'), 'above');
  assert.throws(() => readBeneath(tree.root, '/a/etc/passwd'), { code: 'ENOTDIR' });
  assert.throws(() => readBeneath(tree.root, '/a/near/c.conf'), { code: 'ENOTDIR' });
  assert.throws(() => readBeneath(tree.root, '/a/passwd'), { code: 'ELOOP' });
  assert.throws(() => readBeneath(tree.root, '/a/gone/x'), { code: 'ENOENT' });
  assert.throws(() => readBeneath(tree.root, '/a/../../etc/passwd'), /not a resolved path/);
  assert.equal(openFiles(), before);
});
