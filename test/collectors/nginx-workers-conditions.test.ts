import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CRASH_SHOWN_MS, CrashHistory, drainingGenerations } from '../../src/collectors/nginx-workers-conditions.ts';
import { workerOf } from '../support/workers-rig.ts';

const reading = (parts: object) => ({ workers: [], succession: null, respawns: 0, ...parts });

test('a crash is told for ten minutes', () => {
  const crashes = new CrashHistory();
  assert.equal(crashes.judge(0).isActive, false);
  crashes.add(reading({ respawns: 2 }), 1000);
  crashes.add(reading({ respawns: 1 }), 5000);
  assert.deepEqual(crashes.judge(5000), {
    isActive: true,
    evidence: '3 workers crashed and were started again in 10 minutes',
  });
  assert.match(crashes.judge(1000 + CRASH_SHOWN_MS).evidence, /^1 /);
  assert.equal(crashes.judge(5000 + CRASH_SHOWN_MS).isActive, false);
});

test('after the clock was set back a crash is not told for longer than from then', () => {
  const crashes = new CrashHistory();
  crashes.add(reading({ respawns: 1 }), 3_600_000);
  crashes.add(reading({ succession: 'replaced' }), 3_600_000);
  assert.equal(crashes.judge(1000).isActive, true);
  assert.equal(crashes.judge(1000 + CRASH_SHOWN_MS).isActive, false);
});

test('after workers were replaced unseen nobody can tell, unless one crashed for sure', () => {
  const crashes = new CrashHistory();
  crashes.add(reading({ succession: 'reload' }), 0);
  assert.equal(crashes.judge(0).isActive, false);
  crashes.add(reading({ succession: 'replaced' }), 0);
  assert.equal(crashes.judge(0).isActive, null);
  crashes.add(reading({ respawns: 1 }), 1000);
  assert.equal(crashes.judge(1000).isActive, true);
  assert.equal(crashes.judge(1000 + CRASH_SHOWN_MS).isActive, false);
});

test('generations that shut down are those that began apart', () => {
  const draining = (startMs: number | null, isRespawned = false) =>
    workerOf({ isDraining: true, startMs, isRespawned });
  assert.equal(drainingGenerations([]), 0);
  assert.equal(drainingGenerations([workerOf({ startMs: 1 })]), 0);
  assert.equal(drainingGenerations([draining(10_050), draining(10_000), workerOf({ startMs: 50_000 })]), 1);
  assert.equal(drainingGenerations([draining(30_000), draining(10_000), draining(30_020)]), 2);
  assert.equal(drainingGenerations([draining(10_000), draining(20_000, true)]), 1);
  assert.equal(drainingGenerations([draining(20_000, true)]), 1);
  assert.equal(drainingGenerations([draining(null)]), 1);
});
