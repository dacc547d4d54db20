import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NginxReading, totalsOf } from '../../src/collectors/nginx-workers-totals.ts';
import { workerOf } from '../support/workers-rig.ts';

const nginx = (parts: Partial<NginxReading>): NginxReading => ({
  ...{ workers: [], succession: null, respawns: 0, listeners: 0, connectionsLimit: null, isConfigKnown: false },
  ingressClass: null,
  ...parts,
});

test('workers and memory in sum by state, of all nginx of the gateway', () => {
  const one = nginx({ workers: [workerOf({ residentBytes: 5, proportionalBytes: 3 })] });
  const other = nginx({
    workers: [workerOf({ residentBytes: 7, proportionalBytes: 4 }), workerOf({ isDraining: true, startMs: 9000 })],
  });
  const { states, oldestDrainingMs } = totalsOf([one, other]);
  assert.deepEqual(states, {
    running: { workers: 2, residentBytes: 12, proportionalBytes: 7 },
    shutting_down: { workers: 1, residentBytes: 0, proportionalBytes: 0 },
  });
  assert.equal(oldestDrainingMs, 9000);
});

test('a sum with an unknown part is unknown', () => {
  const { states } = totalsOf([
    nginx({ workers: [workerOf({ residentBytes: null }), workerOf({ residentBytes: 5 })] }),
  ]);
  assert.equal(states.running.residentBytes, null);
  assert.equal(states.shutting_down.residentBytes, 0);
});

test('PSS that may not be read of one worker has no sum in any state', () => {
  const totals = totalsOf([
    nginx({ workers: [workerOf({ proportionalBytes: 'denied' }), workerOf({ isDraining: true })] }),
  ]);
  assert.deepEqual(
    [
      totals.states.running.proportionalBytes,
      totals.states.shutting_down.proportionalBytes,
      totals.isProportionalDenied,
    ],
    [null, null, true],
  );
});

test('the worker that is nearest to its limit of open files, also one that shuts down', () => {
  const workers = [
    workerOf({ openFds: 500, openFdsLimit: 10_000 }),
    workerOf({ openFds: 90, openFdsLimit: 100, isDraining: true }),
    workerOf({ openFds: null, openFdsLimit: 10 }),
  ];
  assert.deepEqual(totalsOf([nginx({ workers })]).fds, { used: 90, limit: 100 });
  assert.equal(totalsOf([nginx({ workers: [workerOf({ openFds: null })] })]).fds, null);
  const unlimited = [workerOf({ openFds: 70, openFdsLimit: null }), workerOf({ openFds: 60, openFdsLimit: null })];
  assert.deepEqual(totalsOf([nginx({ workers: unlimited })]).fds, { used: 70, limit: null });
});

test('of two nginx of one gateway the one whose limit is not known says nothing against the other', () => {
  const [told, untold] = [
    nginx({ workers: [1000, 5].map((connections) => workerOf({ connections })), connectionsLimit: 1024 }),
    nginx({ workers: [workerOf({ connections: 10 })] }),
  ];
  for (const readings of [
    [told, untold],
    [untold, told],
    [{ ...told, workers: told.workers.slice(0, 1) }, untold, { ...told, workers: told.workers.slice(1) }],
  ])
    assert.deepEqual(totalsOf(readings).connections, { used: 1000, limit: 1024 });
});

test('connections of the fullest running worker', () => {
  const workers = [5, 9, 7].map((connections) => workerOf({ connections }));
  workers.push(workerOf({ connections: 99, isDraining: true }));
  assert.deepEqual(totalsOf([nginx({ workers, connectionsLimit: 20 })]).connections, { used: 9, limit: 20 });
  assert.equal(totalsOf([nginx({ workers: workers.slice(3) })]).connections, null);
});

test('connections held by old workers count those that listened, and are unknown without', () => {
  const workers = [workerOf({ isDraining: true, connections: 1 }), workerOf({ isDraining: true, connections: -3 })];
  assert.equal(totalsOf([nginx({ workers, listeners: 2 })]).held, 3);
  assert.equal(totalsOf([nginx({ workers, listeners: null })]).held, null);
  assert.equal(totalsOf([nginx({ workers: [workerOf({})], listeners: null })]).held, 0);
});
