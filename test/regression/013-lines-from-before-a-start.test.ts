import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CauseEngine } from '../../src/causes/engine.ts';
import { CAUSE_RULES } from '../../src/causes/rules/index.ts';
import type { Verdict } from '../../src/causes/verdict.ts';
import { factsRig } from '../facts/facts-rig.ts';

function setUp() {
  const rig = factsRig();
  const verdicts: Verdict[] = [];
  const engine = new CauseEngine({
    ...{ rules: CAUSE_RULES, facts: rig.facts, clock: { now: rig.now }, monotonic: rig.now },
    onVerdict: (verdict) => verdicts.push(verdict),
    onWait: () => {},
    onHurried: () => {},
    onRuleError: (_, error) => assert.fail(String(error)),
  });
  const step = (milliseconds: number) => {
    rig.step(milliseconds);
    engine.tick(rig.now());
  };
  return { ...rig, engine, step, services: () => verdicts.map(({ upstream }) => upstream.upstream_service) };
}

test('lines from before a start are read before proxies and cluster are looked at: they wait for their upstream', () => {
  const { engine, cluster, failed, uses, step, services } = setUp();
  engine.observe(failed({ isLate: true, symptom: 'reset' }));
  assert.deepEqual(services(), []);
  cluster.expect('services');
  step(2_500);
  assert.deepEqual(services(), [], 'Services are listed still');
  uses({ cart: ['10.0.0.1:8080'] });
  step(1_000);
  assert.deepEqual(services(), ['cart']);
});

test('they wait no longer than others do, and later ones not at all', () => {
  const { engine, failed, step, services } = setUp();
  engine.observe(failed({ isLate: true, symptom: 'reset' }));
  step(4_000);
  assert.deepEqual(services(), []);
  step(1_000);
  assert.deepEqual(services(), ['']);
  step(10_000);
  engine.observe(failed({ isLate: true, symptom: 'reset', atMs: 0 }));
  assert.deepEqual(services(), ['', '']);
});

test('an API that cannot be reached is not waited for at each failure', () => {
  const { engine, cluster, failed, uses, step, services } = setUp();
  cluster.expect('services');
  uses({ other: ['10.0.0.1:8080'] });
  step(10_000);
  engine.observe(failed({ symptom: 'reset' }));
  assert.deepEqual(services(), ['']);
});

test('what waits when the program ends keeps its upstream', () => {
  const { engine, failed, listeners, uses, step } = setUp();
  uses({ cart: ['10.0.0.1:8080'] });
  step(1_000);
  // Sockets are looked at for the first time.
  listeners.wanted();
  engine.observe(failed());
  assert.equal(engine.pending, 1);
  const next = setUp();
  next.step(20_000);
  next.engine.restore(JSON.parse(JSON.stringify(engine.save())));
  next.step(250);
  assert.deepEqual(next.services(), ['cart']);
});
