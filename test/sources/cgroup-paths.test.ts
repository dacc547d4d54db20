import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CgroupMount, namesBelow, parseCgroupMounts, parseCgroupPaths } from '../../src/sources/cgroup-paths.ts';

test('a path per v1 controller and the one of v2', () => {
  const { v1, v2 } = parseCgroupPaths(
    '9:name=systemd:/\n4:cpu,cpuacct:/kubepods/pod1/a\n3:memory:/system.slice:cri-containerd:x\n0::/user.slice\nodd\n',
  );
  assert.deepEqual(v1.get('cpu'), '/kubepods/pod1/a');
  assert.deepEqual(v1.get('cpuacct'), '/kubepods/pod1/a');
  assert.deepEqual(v1.get('memory'), '/system.slice:cri-containerd:x');
  assert.equal(v2, '/user.slice');
  assert.deepEqual(parseCgroupPaths('4:memory:/\n'), { v1: new Map([['memory', '/']]), v2: undefined });
});

test('mounted hierarchies, whatever the optional fields, with names that are escaped', () => {
  const text = [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct',
    '65 44 0:38 /../../.. /host\\040one/cgroup ro,relatime - cgroup2 none rw',
    'odd',
  ].join('\n');
  assert.deepEqual(parseCgroupMounts(text), [
    { controllers: ['rw', 'cpu', 'cpuacct'], device: '0:29', root: '/', point: '/sys/fs/cgroup/cpu,cpuacct' },
    { controllers: null, device: '0:38', root: '/../../..', point: '/host one/cgroup' },
  ]);
});

const mount = (root: string): CgroupMount => ({ controllers: null, device: '0:38', root, point: '/x' });

test('down from what is mounted', () => {
  assert.deepEqual(namesBelow(mount('/'), '/kubepods/pod1/a', null), ['kubepods', 'pod1', 'a']);
  assert.deepEqual(namesBelow(mount('/'), '/', null), []);
  // A container of docker without a cgroup namespace has its own cgroup mounted, and nothing else.
  assert.deepEqual(namesBelow(mount('/docker/a'), '/docker/a/b', null), ['b']);
  assert.equal(namesBelow(mount('/docker/a'), '/docker/ab', null), undefined);
  assert.equal(namesBelow(mount('/docker/a'), '/docker', null), undefined);
});

test('in a cgroup namespace paths climb from its root', () => {
  const trail = ['kubepods', 'pod1', 'own'];
  assert.deepEqual(namesBelow(mount('/../../..'), '/../../../system.slice/nginx.service', null), [
    'system.slice',
    'nginx.service',
  ]);
  assert.deepEqual(namesBelow(mount('/../../..'), '/../../pod2/other', trail), ['kubepods', 'pod2', 'other']);
  assert.deepEqual(namesBelow(mount('/../../..'), '/', trail), trail);
  assert.deepEqual(namesBelow(mount('/../../../kubepods'), '/../../pod2/other', trail), ['pod2', 'other']);
  // Neither guessed nor taken for something else.
  assert.equal(namesBelow(mount('/../../..'), '/../../pod2/other', null), undefined);
  assert.equal(namesBelow(mount('/'), '/../pod2/other', trail), undefined);
});

test('`..` anywhere else is no path of the kernel', () => {
  for (const path of ['/a/../../etc', '/../a/../b', '/a/..', '/a/./b'])
    assert.equal(namesBelow(mount('/../..'), path, ['a', 'b']), undefined, path);
});

test('any text: names are never `..`, never have a slash', () => {
  const part = fc.constantFrom('..', '.', 'a', '', 'kubepods', '...', '\\056\\056');
  const path = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(path, path, fc.option(fc.array(fc.constantFrom('x', 'y'), { maxLength: 4 })), (root, target, trail) => {
      const names = namesBelow(mount(root), target, trail) ?? [];
      assert.ok(names.every((name) => name !== '..' && name !== '.' && name !== '' && !name.includes('/')));
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseCgroupMounts(text);
      for (const at of parseCgroupPaths(text).v1.values()) assert.ok(at.startsWith('/'));
    }),
  );
});
