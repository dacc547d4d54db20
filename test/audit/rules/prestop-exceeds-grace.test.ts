import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SOUND_SPEC, withContainer, workload, workloadFixes, workloadSays } from '../../support/audit-workload.ts';

const sleeping = (seconds: number, grace?: number) => {
  const spec = withContainer({ lifecycle: { preStop: { sleep: { seconds } } } });
  return workload({
    ...spec,
    ...(grace === undefined ? { terminationGracePeriodSeconds: undefined } : { terminationGracePeriodSeconds: grace }),
  });
};
const says = (of = workload()) => workloadSays('prestop_exceeds_grace', of);

test('sleep 30 of 20 s is killed, 15 of 45 passes', () => {
  assert.deepEqual(says(sleeping(30, 20)), [
    'warning shop/cart: the preStop hook of container app sleeps 30 s and terminationGracePeriodSeconds is 20: the container is killed (137) with its requests, before or as it is told to stop',
  ]);
  assert.match(workloadFixes('prestop_exceeds_grace', sleeping(30, 20)).join(), /^terminationGracePeriodSeconds: 45,/);
  assert.deepEqual(says(sleeping(15, 45)), []);
});

test('as long as the period is too long; the period is 30 s when nobody sets it', () => {
  assert.equal(says(sleeping(30)).length, 1);
  assert.deepEqual(says(sleeping(29)), []);
});

test('any container counts, also one that no Service sends to', () => {
  const slow = { name: 'log-shipper', lifecycle: { preStop: { exec: { command: ['sh', '-c', 'flush; sleep 60'] } } } };
  assert.match(
    says(workload({ ...SOUND_SPEC, containers: [...SOUND_SPEC.containers, slow] })).join(),
    /log-shipper sleeps 60 s/,
  );
});

test('how long anything else takes is not known', () => {
  const drains = workload(withContainer({ lifecycle: { preStop: { exec: { command: ['/drain'] } } } }));
  assert.deepEqual(says(drains), ['unchecked: how long a preStop hook takes is only known of `sleep`']);
});
