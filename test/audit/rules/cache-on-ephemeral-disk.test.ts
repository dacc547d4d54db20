import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import type { Mount } from '../../../src/parse/mount-info.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const NAME = 'cache_on_ephemeral_disk';
const CACHE = 'http {\nproxy_cache_path /var/cache/nginx levels=1:2 keys_zone=STATIC:10m;\n}';
const LAYER: Mount = { path: '/', root: '/', type: 'overlay' };
const says = (...mounts: Mount[]) => ruleSays(NAME, CACHE, { mounts: known([LAYER, ...mounts]) });
const volume = (type: string, root = '/') => ({ path: '/var/cache', root, type });

test("in the container's own layer it goes with it", () => {
  assert.deepEqual(says(), [
    'info /nginx.conf:2: proxy_cache_path "/var/cache/nginx" is in the writable layer of the container: after a restart 0 of its entries are left, and every request goes to the upstreams',
  ]);
  assert.deepEqual(ruleFixes(NAME, CACHE, { mounts: known([LAYER]) }), [
    'a persistent volume mounted at /var/cache/nginx',
  ]);
});

test('memory and an emptyDir too, a volume not', () => {
  assert.match(says(volume('tmpfs')).join(), /in memory/);
  const emptyDir = '/var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/cache';
  assert.match(says(volume('ext4', emptyDir)).join(), /on an emptyDir/);
  assert.deepEqual(says(volume('ext4')), []);
});

test('unknown mounts are not assumed, and without a cache nobody asks', () => {
  assert.deepEqual(ruleSays(NAME, CACHE, { mounts: notKnown('not visible') }), ['unchecked: not visible']);
  assert.deepEqual(ruleSays(NAME, 'http {}', { mounts: notKnown('not visible') }), []);
});
