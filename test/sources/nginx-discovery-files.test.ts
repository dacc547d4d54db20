import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

test("an absolute link means the host's tree, never ours", (t) => {
  const tree = new FakeProc(t, 'host').write('etc/nginx/real.conf', 'inside');
  symlinkSync('/etc/nginx/real.conf', join(tree.root, 'etc/nginx/nginx.conf'));
  symlinkSync('/etc/passwd', join(tree.root, 'etc/nginx/escape'));
  symlinkSync('../../../../../../etc/passwd', join(tree.root, 'etc/nginx/climb'));
  const files = new HostFiles(tree.root);
  assert.equal(files.read('/etc/nginx/nginx.conf', 100), 'inside');
  assert.throws(() => files.read('/etc/nginx/escape', 100_000), { code: 'ENOENT' });
  assert.throws(() => files.read('/etc/nginx/climb', 100_000), { code: 'ENOENT' });
  assert.equal(files.resolve('/../../etc/x'), join(tree.root, 'etc/x'));
});

test('links of directories and chains are followed, rings are an error', (t) => {
  const tree = new FakeProc(t, 'host').write('data/logs/error.log', 'x').write('var/keep', '');
  symlinkSync('/data/logs', join(tree.root, 'var/log'));
  symlinkSync('b', join(tree.root, 'a'));
  symlinkSync('a', join(tree.root, 'b'));
  const files = new HostFiles(`${tree.root}/`);
  assert.equal(files.resolve('/var/log/error.log'), join(tree.root, 'data/logs/error.log'));
  assert.equal(files.kindOf('/var/log/error.log'), 'file');
  assert.equal(files.kindOf('/var/log'), 'directory');
  assert.equal(files.kindOf('/var/nothing'), 'missing');
  assert.throws(() => files.resolve('/a'), /more than 40 links/);
});

test('only regular files of bounded size are read; a FIFO does not block', (t) => {
  const tree = new FakeProc(t, 'host').write('big', 'x'.repeat(101)).write('empty', '');
  execFileSync('mkfifo', [join(tree.root, 'fifo')]);
  const files = new HostFiles(tree.root);
  assert.equal(files.read('/empty', 100), '');
  assert.throws(() => files.read('/big', 100), /larger than 100 bytes/);
  assert.throws(() => files.read('/fifo', 100), /not a regular file/);
  assert.equal(files.kindOf('/fifo'), 'other');
});
