import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShared } from '../../src/collectors/cgroups-sharers.ts';
import type { NodeProcess } from '../../src/contract/node.ts';
import type { CgroupDirectory } from '../../src/sources/cgroup.ts';
import { processOf } from '../support/node-look.ts';

const GATEWAY = processOf({ pid: 10, comm: 'nginx', parent: 5 });
const [INIT, SUPERVISOR] = [processOf({ pid: 1, comm: 'systemd', parent: 0 }), processOf({ pid: 5, comm: 's6' })];

/** `pids` are in the cgroup; `others` are known beside the gateway, its supervisor and init. */
function shared(pids: readonly number[], others: readonly NodeProcess[] = [], name = 'session-1.scope'): boolean {
  const known = [INIT, SUPERVISOR, GATEWAY, ...others];
  const memory = { name, read: () => pids.join('\n').concat('\n') } as Partial<CgroupDirectory> as CgroupDirectory;
  return isShared(memory, GATEWAY, new Map(known.map((process) => [process.pid, process])));
}

test('master, workers, what they started and what started them are the gateway', () => {
  const worker = processOf({ pid: 11, comm: 'nginx', parent: 10 });
  const piped = processOf({ pid: 12, comm: 'logger', parent: 11 });
  assert.equal(shared([10, 11, 12, 5], [worker, piped]), false);
});

test('the new binary of an upgrade outlives the master that started it', () => {
  assert.equal(shared([10, 20], [processOf({ pid: 20, comm: 'nginx', parent: 1 })]), false);
});

test('a program that has nothing to do with it shares the cgroup', () => {
  const editor = processOf({ pid: 30, comm: 'vim', parent: 1 });
  assert.equal(shared([10, 30], [editor]), true);
  assert.equal(shared([10, 30], [editor], ''), false, 'all that is mounted: our own container');
});

test('what the look has not seen is no stranger, and a circle of parents ends', () => {
  assert.equal(shared([10, 99]), false);
  const [one, two] = [processOf({ pid: 40, parent: 41 }), processOf({ pid: 41, parent: 40 })];
  assert.equal(shared([10, 40], [one, two]), true);
});
