import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { expandInclude } from '../../src/collectors/nginx-config-include.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('names sorted by bytes, hidden ones left out, with the directories that decide', (t) => {
  const tree = new FakeProc(t, 'host');
  for (const name of ['b.conf', 'a.conf', 'Z.conf', 'é.conf', '.hidden.conf', 'x.txt']) tree.write(`etc/d/${name}`, '');
  assert.deepEqual(expandInclude(new HostFiles(tree.root), '/etc/d/*.conf', 10), {
    paths: ['/etc/d/Z.conf', '/etc/d/a.conf', '/etc/d/b.conf', '/etc/d/é.conf'],
    directories: ['/etc/d'],
    isCut: false,
  });
});

test('wildcards in directories; what is not in all of them is left out', (t) => {
  const tree = new FakeProc(t, 'host')
    .write('etc/s1/on/x.conf', '')
    .write('etc/s2/on/x.conf', '')
    .write('etc/s3/no', '');
  assert.deepEqual(expandInclude(new HostFiles(tree.root), '/etc/s?/on/x.conf', 10), {
    paths: ['/etc/s1/on/x.conf', '/etc/s2/on/x.conf'],
    directories: ['/etc', '/etc/s1/on', '/etc/s2/on', '/etc/s3/on'],
    isCut: false,
  });
});

test('links of directories are the ones of the tree; nothing at all; too many', (t) => {
  const tree = new FakeProc(t, 'host').write('data/a.conf', '').write('data/b.conf', '').write('etc/keep', '');
  symlinkSync('/data', join(tree.root, 'etc/sites'));
  symlinkSync('/', join(tree.root, 'etc/top'));
  const host = new HostFiles(tree.root);
  assert.deepEqual(expandInclude(host, '/etc/sites/*.conf', 10).paths, ['/etc/sites/a.conf', '/etc/sites/b.conf']);
  assert.deepEqual(expandInclude(host, '/etc/top/*', 10).paths, ['/etc/top/data', '/etc/top/etc']);
  assert.deepEqual(expandInclude(host, '/gone/*', 10), { paths: [], directories: ['/gone'], isCut: false });
  const cut = expandInclude(host, '/data/*', 1);
  assert.deepEqual([cut.paths.length, cut.isCut], [1, true]);
});
