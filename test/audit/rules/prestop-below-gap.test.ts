import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { withContainer, workload, workloadFixes, workloadSays } from '../../support/audit-workload.ts';

const hook = (script: string) => withContainer({ lifecycle: { preStop: { exec: { command: ['sh', '-c', script] } } } });
const says = (of = workload()) => workloadSays('prestop_below_gap', of);

test('fires when the measured figure is longer than the sleep', () => {
  const short = workload(hook('sleep 3'));
  assert.deepEqual(says(short), [
    'warning shop/cart: the preStop hook of container app sleeps 3 s and gateways send to a stopping pod for up to 7 s (the 99th percentile of the measured death gaps, rounded up, and 1 s)',
  ]);
  assert.deepEqual(workloadFixes('prestop_below_gap', short), ['sleep 7 s, within terminationGracePeriodSeconds (45)']);
  assert.deepEqual(says(workload(hook('sleep 7'))), []);
  assert.deepEqual(says(workload(withContainer({ lifecycle: undefined }))), []);
});

test('a figure that needs a longer grace period says so', () => {
  const [fix] = workloadFixes('prestop_below_gap', workload(hook('sleep 3'), { recommendedPreStopSeconds: known(50) }));
  assert.equal(fix, 'sleep 50 s, and more than 50 for terminationGracePeriodSeconds (45)');
});

test('what does more than sleep is judged only when its sleep alone is enough', () => {
  assert.deepEqual(says(workload(hook('nginx -s quit; sleep 8'))), []);
  for (const script of ['nginx -s quit; sleep 3', 'while pgrep nginx; do sleep 1; done'])
    assert.deepEqual(says(workload(hook(script))), [
      'unchecked: how long a preStop hook takes is only known of `sleep`',
    ]);
});

test('without a measured gap nothing is said', () => {
  const parts = { recommendedPreStopSeconds: notKnown('no death gap was measured within 7 days') };
  assert.deepEqual(says(workload(hook('sleep 1'), parts)), ['unchecked: no death gap was measured within 7 days']);
});
