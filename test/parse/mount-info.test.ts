import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountOf, parseMountInfo } from '../../src/parse/mount-info.ts';

const TEXT = [
  '1 0 0:30 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/a:/b',
  '2 1 8:1 /data/pv\\0401 /var/cache rw shared:7 master:2 - ext4 /dev/sda1 rw',
  '3 1 0:31 / /var/cache/my\\040files rw - tmpfs tmpfs rw,size=1k',
  'not a mount',
  '',
].join('\n');

test('path, root and type, with optional fields and octal escapes', () => {
  assert.deepEqual(parseMountInfo(TEXT), [
    { path: '/', root: '/', type: 'overlay' },
    { path: '/var/cache', root: '/data/pv 1', type: 'ext4' },
    { path: '/var/cache/my files', root: '/', type: 'tmpfs' },
  ]);
});

test('a path is on the longest mount above it, by whole names, and of two on one path on the later', () => {
  const mounts = parseMountInfo(TEXT);
  assert.equal(mountOf(mounts, '/var/cache/nginx')?.type, 'ext4');
  assert.equal(mountOf(mounts, '/var/cache/my files')?.type, 'tmpfs');
  assert.equal(mountOf(mounts, '/var/cached')?.type, 'overlay');
  const covered = [...mounts, { path: '/var/cache', root: '/', type: 'xfs' }];
  assert.equal(mountOf(covered, '/var/cache/nginx')?.type, 'xfs');
  assert.equal(mountOf([], '/x'), null);
});
