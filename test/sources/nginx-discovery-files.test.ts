import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
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
  assert.equal(files.read('/etc/nginx/nginx.conf', 100).text, 'inside');
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
  assert.equal(files.read('/empty', 100).text, '');
  assert.throws(() => files.read('/big', 100), /larger than 100 bytes/);
  assert.throws(() => files.read('/fifo', 100), /not a regular file/);
  assert.equal(files.kindOf('/fifo'), 'other');
});

test('a stamp changes with content, replacement, rights and a time that is set back', (t) => {
  const tree = new FakeProc(t, 'host').write('etc/a.conf', 'one').write('etc/b.conf', 'one');
  const files = new HostFiles(tree.root);
  const path = join(tree.root, 'etc/a.conf');
  const seen = new Set<string>();
  const look = () => seen.add(files.stamp('/etc/a.conf')?.identity ?? 'none');
  look();
  look();
  assert.equal(seen.size, 1);
  assert.equal(files.read('/etc/a.conf', 9).stamp.identity, [...seen][0]);
  writeFileSync(path, 'other');
  look();
  chmodSync(path, 0o600);
  look();
  renameSync(join(tree.root, 'etc/b.conf'), path);
  look();
  utimesSync(path, 1000, 1000);
  look();
  assert.equal(seen.size, 5);
  const set = files.stamp('/etc/a.conf');
  assert.equal(set?.mtimeMs, 1_000_000);
  assert.ok((set?.ctimeMs ?? 0) > 1_000_000);
  assert.equal(files.stamp('/etc/gone.conf'), null);
  assert.deepEqual(files.list('/etc').sort(), ['a.conf']);
});
