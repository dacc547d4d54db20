import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/collectors/envoy-failures.ts';
import { HeldStorms } from '../../src/collectors/envoy-storms.ts';

const finding = (symptom: Finding['symptom'], count: number): Finding => ({
  symptom,
  failure: true,
  host: null,
  count,
});
const [none, answered] = [finding('no_healthy_upstream', 7), finding('upstream_5xx', 3)];

test('requests without a healthy host are told behind the answers that had the hosts ejected, once', () => {
  const storms = new HeldStorms();
  assert.deepEqual(storms.pass([finding('circuit_open', 1), none], true), [finding('circuit_open', 1)]);
  assert.deepEqual(storms.pass([answered], false), [answered, { ...none, isLate: true }]);
  assert.deepEqual(storms.pass([], false), []);
});

test('they wait for nothing where no answer is in doubt', () => {
  assert.deepEqual(new HeldStorms().pass([none], false), [none]);
});
