import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Conditions } from '../../src/facts/conditions.ts';

const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };

it('keeps the latest word on a condition, and since when it has been so', () => {
  let nowMs = 1000;
  const conditions = new Conditions({ now: () => nowMs });
  const say = (isActive: boolean | null, evidence = '') =>
    conditions.condition({ condition: 'config_invalid', subject, isActive, evidence });
  const read = () => conditions.all().map(({ isActive, sinceMs, evidence }) => [isActive, sinceMs, evidence]);
  say(true, 'line 3');
  nowMs = 2000;
  say(true, 'line 4');
  assert.deepEqual(read(), [[true, 1000, 'line 4']]);
  say(false);
  assert.deepEqual(read(), [[false, 2000, '']]);
  say(null);
  assert.deepEqual(read(), []);
  say(true);
  conditions.condition({
    condition: 'config_invalid',
    subject: { ...subject, gateway: 'other' },
    isActive: false,
    evidence: '',
  });
  conditions.condition({ condition: 'reload_storm', subject, isActive: false, evidence: '' });
  assert.equal(conditions.all().length, 3);
});

it('remembers for two minutes what a condition was before', () => {
  let nowMs = 1000;
  const conditions = new Conditions({ now: () => nowMs });
  const say = (isActive: boolean | null) =>
    conditions.condition({ condition: 'sidecar_down', subject, isActive, evidence: String(nowMs) });
  const told = (fromMs: number, untilMs: number) =>
    conditions
      .during('sidecar_down', () => true, { fromMs, untilMs })
      .map((one) => [one.isActive, one.evidence, one.toldMs]);
  say(false);
  nowMs = 2000;
  say(true);
  nowMs = 3000;
  say(true);
  nowMs = 4000;
  say(null);
  assert.deepEqual(told(0, 999), []);
  assert.deepEqual(told(1500, 1500), [[false, '1000', 1000]]);
  assert.deepEqual(told(1500, 2500), [
    [true, '3000', 3000],
    [false, '1000', 1000],
  ]);
  assert.deepEqual(told(4000, 5000), []);
  nowMs = 130_000;
  say(false);
  say(true);
  assert.deepEqual(told(3000, 4000), []);
  assert.deepEqual([conditions.isUntold('sidecar_down'), conditions.isUntold('no_endpoints')], [false, true]);
  assert.equal(conditions.dropped, 0);
  assert.deepEqual(
    conditions.during('no_endpoints', () => true, { fromMs: 0, untilMs: nowMs }),
    [],
  );
});
