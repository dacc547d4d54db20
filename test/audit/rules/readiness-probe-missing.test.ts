import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notKnown } from '../../../src/audit/fact.ts';
import { SOUND_SPEC, withContainer, workload, workloadFixes, workloadSays } from '../../support/audit-workload.ts';

const says = (of = workload()) => workloadSays('readiness_probe_missing', of);

test('fires on a container that answers requests without a probe', () => {
  const bare = workload(withContainer({ readinessProbe: undefined }));
  assert.deepEqual(says(bare), [
    'warning shop/cart: container app has 0 readiness probes and needs 1: the pod is an endpoint as soon as the container runs, whether or not it listens yet',
  ]);
  assert.match(workloadFixes('readiness_probe_missing', bare).join(), /port: http\}/);
  assert.deepEqual(says(), []);
});

test('containers beside it need none; without ports the first one is meant', () => {
  const others = [{ name: 'log-shipper' }, { name: 'linkerd-proxy' }];
  assert.deepEqual(says(workload({ ...SOUND_SPEC, containers: [...SOUND_SPEC.containers, ...others] })), []);
  const [app] = SOUND_SPEC.containers;
  const bare = { containers: [{ ...app, ports: [], readinessProbe: undefined }, ...others] };
  assert.deepEqual(says(workload(bare)).length, 1);
  const unknown = workload(bare, { services: notKnown('there are no Services in the file') });
  assert.deepEqual(says(unknown).length, 1);
});
