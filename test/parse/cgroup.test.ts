import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseCfsQuota,
  parseCpuMax,
  parseCpuStat,
  parseFlatKey,
  parseMemoryLimit,
  parseNumber,
  parsePressure,
} from '../../src/parse/cgroup.ts';

const v1 = (name: string) => readFileSync(new URL(`../fixtures/cgroup/v1/${name}`, import.meta.url), 'utf8');
const v2 = (name: string) => readFileSync(new URL(`../fixtures/cgroup/v2/${name}`, import.meta.url), 'utf8');

test('v1, real capture: a cgroup of 32 MiB with a kill and one of 0.2 cores', () => {
  assert.equal(parseFlatKey(v1('memory.oom_control'), 'oom_kill'), 1);
  assert.equal(parseMemoryLimit(v1('memory.limit_in_bytes')), 32 * 1024 ** 2);
  assert.equal(parseNumber(v1('memory.max_usage_in_bytes')), 32 * 1024 ** 2);
  const [total, own] = ['total_inactive_file', 'inactive_file'].map((name) => parseFlatKey(v1('memory.stat'), name));
  assert.deepEqual([total, own], [4_620_288, 4_620_288]);
  const { throttledSeconds, ...periods } = parseCpuStat(v1('cpu.stat'));
  assert.deepEqual(periods, { periods: 21, throttledPeriods: 21 });
  assert.ok(throttledSeconds! > 1.5 && throttledSeconds! < 1.8, `${throttledSeconds}`);
  assert.equal(parseCfsQuota(v1('cpu.cfs_quota_us'), v1('cpu.cfs_period_us')), 0.2);
});

test('v2, in the form of the kernel', () => {
  assert.equal(parseFlatKey(v2('memory.events'), 'oom_kill'), 2);
  assert.equal(parseFlatKey(v2('memory.events'), 'oom'), 3);
  assert.equal(parseFlatKey(v2('memory.stat'), 'inactive_file'), 4_096_000);
  assert.equal(parseMemoryLimit(v2('memory.max')), 64 * 1024 ** 2);
  assert.deepEqual(parseCpuStat(v2('cpu.stat')), { throttledSeconds: 4.2, periods: 600, throttledPeriods: 41 });
  assert.equal(parseCpuMax(v2('cpu.max')), 1.5);
  assert.deepEqual(parsePressure(v2('cpu.pressure')), { some: 12.345678, full: 1.5 });
});

test('no limit is not a number', () => {
  for (const none of ['max\n', '9223372036854771712\n', '9223372036854710272'])
    assert.equal(parseMemoryLimit(none), null);
  assert.equal(parseCpuMax('max 100000\n'), null);
  assert.equal(parseCfsQuota('-1\n', '100000\n'), null);
});

test('what is not there is unknown, never 0', () => {
  // Of a v2 cgroup without the cpu controller, and of v1 before 4.13.
  const none = { throttledSeconds: undefined, periods: undefined, throttledPeriods: undefined };
  assert.deepEqual(parseCpuStat('usage_usec 5\nuser_usec 3\n'), none);
  assert.equal(parseFlatKey('oom_kill_disable 0\nunder_oom 0\n', 'oom_kill'), undefined);
  assert.equal(parseFlatKey('foom_kill 7\noom_kill x\n', 'oom_kill'), undefined);
  for (const odd of ['', 'x', '-5', '1.5', '1 2']) assert.equal(parseMemoryLimit(odd), undefined, odd);
  for (const odd of ['', 'max', '1 0', '1 2 3', 'x 100000']) assert.equal(parseCpuMax(odd), undefined, odd);
  // Before 5.13 CPU pressure had no line `full`.
  assert.deepEqual(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=7000000\n'), {
    some: 7,
    full: undefined,
  });
});

test('any text: finite numbers that are not negative, or nothing', () => {
  const word = fc.constantFrom(
    'some',
    'total=',
    'oom_kill',
    'throttled_usec',
    'max',
    '-1',
    '0',
    '9'.repeat(30),
    '\n',
    ' ',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
  );
  fc.assert(
    fc.property(text, text, (left, right) => {
      const { some, full } = parsePressure(left);
      const all = [some, full, ...Object.values(parseCpuStat(left)), parseCpuMax(left), parseCfsQuota(left, right)];
      all.push(parseMemoryLimit(left), parseFlatKey(left, 'oom_kill'));
      for (const value of all) assert.ok(value == null || (Number.isFinite(value) && value >= 0), `${value}`);
    }),
  );
});
