import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyLines } from '../../src/causes/early-lines.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { EDGE } from './counted-once-rig.ts';

const PEER = { scheme: 'tcp', address: '10.0.0.1', port: 8080 };
const LINE: Observation = {
  ...{ proxy: 'envoy', source: 'access_log', subject: EDGE, symptom: 'premature_close', failure: true, count: 2 },
  ...{ peer: PEER, upstream: UNKNOWN_UPSTREAM, sinceMs: 1, atMs: 2 },
};

const setUp = (saved?: unknown) => {
  let nowMs = 1_000_000;
  const passed: Observation[] = [];
  const early = new EarlyLines({ now: () => nowMs }, (one) => void passed.push(one));
  if (saved !== undefined) early.restore(JSON.parse(JSON.stringify(saved)));
  const step = (ms: number) => {
    nowMs += ms;
    early.tick();
  };
  return { early, passed, step };
};

/** What a run saves that has read the clusters. */
const before = () => {
  const { early } = setUp();
  early.read('envoy', EDGE, 'stats');
  return early.save();
};

describe('EarlyLines', () => {
  it('behind a restart keeps lines without a cluster until the clusters are read', () => {
    const { early, passed, step } = setUp(before());
    early.observe(LINE);
    step(3_000);
    assert.deepEqual([passed.length, early.waiting], [0, 2]);
    early.read('envoy', EDGE, 'stats');
    assert.deepEqual([passed, early.isWaiting], [[LINE], false]);
    early.observe(LINE);
    assert.equal(passed.length, 2);
  });

  it('not for longer than the statistics take to be read', () => {
    const { early, passed, step } = setUp(before());
    early.observe(LINE);
    step(10_000);
    assert.deepEqual(passed, [LINE]);
    early.observe(LINE);
    assert.equal(passed.length, 2);
  });

  it('keeps nothing else: another gateway, no run before, a line with its cluster, the statistics, nginx', () => {
    const { early, passed } = setUp(before());
    const others: readonly Observation[] = [
      { ...LINE, subject: { ...EDGE, gateway: 'other' } },
      { ...LINE, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart' } },
      { ...LINE, peer: null },
      { ...LINE, source: 'stats' },
      { ...LINE, proxy: 'nginx' },
    ];
    for (const other of others) early.observe(other);
    assert.equal(passed.length, others.length);
    const first = setUp();
    first.early.observe(LINE);
    assert.equal(first.passed.length, 1);
  });

  it('loses nothing over a further restart', () => {
    const { early } = setUp(before());
    early.observe(LINE);
    const again = setUp(early.save());
    assert.deepEqual([again.early.waiting, again.passed.length], [2, 0]);
    again.step(10_000);
    assert.deepEqual(again.passed, [LINE]);
    for (const nonsense of [null, 7, { gateways: {}, lines: 3 }]) setUp(nonsense);
  });
});
