import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notKnown } from '../../../src/audit/fact.ts';
import { SOUND_SPEC, withContainer, workload, workloadFixes, workloadSays } from '../../support/audit-workload.ts';

const says = (of = workload()) => workloadSays('prestop_missing', of);

test('fires on a container that answers requests without a hook, with the measured figure', () => {
  const bare = workload(withContainer({ lifecycle: undefined }));
  assert.deepEqual(says(bare), [
    'warning shop/cart: container app has no preStop hook, so it stops after 0 s, and gateways send to a stopping pod for up to 7 s (the 99th percentile of the measured death gaps, rounded up, and 1 s)',
  ]);
  assert.match(workloadFixes('prestop_missing', bare).join(), /seconds: 7\}.* terminationGracePeriodSeconds \(45\)$/);
  assert.deepEqual(says(), []);
  assert.deepEqual(says(workload(withContainer({ lifecycle: { preStop: { httpGet: { path: '/' } } } }))), []);
});

test('says so also before a gap was measured', () => {
  const parts = { recommendedPreStopSeconds: notKnown('no death gap was measured within 7 days') };
  const [said] = says(workload(withContainer({ lifecycle: undefined }), parts));
  assert.match(said, /^warning .* for as long as they take to hear of it \(no death gap was measured within 7 days\)$/);
});

test('containers that no Service sends to, and the sidecar of a mesh, may stop as they like', () => {
  const others = [
    { name: 'log-shipper', ports: [{ containerPort: 2020 }] },
    { name: 'istio-proxy', ports: [{ containerPort: 15090 }] },
  ];
  assert.deepEqual(says(workload({ ...SOUND_SPEC, containers: [...SOUND_SPEC.containers, ...others] })), []);
});
