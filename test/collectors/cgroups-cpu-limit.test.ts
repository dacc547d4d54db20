import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCpuLimit } from '../../src/collectors/cgroups-cpu-limit.ts';
import type { CgroupDirectory } from '../../src/sources/cgroup.ts';

/** A cgroup and those above it. */
function directory(version: 1 | 2, ...levels: Readonly<Record<string, string>>[]): CgroupDirectory {
  const [files, ...above] = levels;
  const parent = () => (above.length === 0 ? null : directory(version, ...above));
  return { version, identity: '', name: '', isThere: () => true, read: (file) => files[file], parent };
}

const max = (text: string) => ({ 'cpu.max': text });

test('v2: the least quota of the cgroup and those above it', () => {
  assert.equal(readCpuLimit(directory(2, max('max 100000'), max('150000 100000'), max('200000 100000'), {})), 1.5);
  assert.equal(readCpuLimit(directory(2, max('50000 100000'), max('max 100000'))), 0.5);
  assert.equal(readCpuLimit(directory(2, max('max 100000'), {})), null);
});

test('v1: in two files', () => {
  const quota = (text: string) => ({ 'cpu.cfs_quota_us': text, 'cpu.cfs_period_us': '100000' });
  assert.equal(readCpuLimit(directory(1, quota('-1'), quota('20000'), {})), 0.2);
  assert.equal(readCpuLimit(directory(1, quota('-1'), {})), null);
});

test('a quota that cannot be understood is unknown, not none', () =>
  assert.equal(readCpuLimit(directory(2, max('50000 100000'), max('odd'))), undefined));
