import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import type { AuditFacts } from '../../../src/audit/input.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const says = (text: string, facts: Partial<AuditFacts>) => ruleSays('workers_above_cpu_limit', text, facts);
const limit = (cores: number | null, workers = 8) => ({ cpuLimit: known(cores), autoWorkers: known(workers) });

test('auto counts the CPUs of the machine, whatever the limit', () => {
  assert.deepEqual(says('worker_processes auto;', limit(2)), [
    'warning /nginx.conf:1: worker_processes auto starts 8 workers and the CPU limit is 2: they are throttled together, and each holds memory',
  ]);
  assert.deepEqual(ruleFixes('workers_above_cpu_limit', 'worker_processes auto;', limit(1.5)), ['worker_processes 2;']);
});

test('a number counts as it is, and a part of a CPU as a whole one', () => {
  assert.equal(says('worker_processes 4;', limit(3.5)).length, 0);
  assert.equal(says('worker_processes 4;', limit(2.1)).length, 1);
  assert.equal(says('worker_processes 1;', limit(0.25)).length, 0);
  assert.equal(says('worker_processes auto;', limit(1, 1)).length, 0);
});

test('silent without a limit, and without the directive, which means one worker', () => {
  assert.deepEqual(says('worker_processes auto;', limit(null)), []);
  assert.deepEqual(says('events {}', { cpuLimit: notKnown('x') }), []);
});

test('an unknown limit or machine is not assumed', () => {
  assert.deepEqual(says('worker_processes auto;', { cpuLimit: notKnown('no cgroup') }), ['unchecked: no cgroup']);
  assert.deepEqual(says('worker_processes auto;', { cpuLimit: known(2), autoWorkers: notKnown('no machine') }), [
    'unchecked: worker_processes auto: no machine',
  ]);
  assert.equal(says('worker_processes 4;', { cpuLimit: known(2), autoWorkers: notKnown('no machine') }).length, 1);
});
