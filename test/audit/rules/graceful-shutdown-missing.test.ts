import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { SOUND_SPEC, workload, workloadFixes, workloadSays } from '../../support/audit-workload.ts';

const RULE = 'graceful_shutdown_missing';
const EXIT = { container: 'app', exits: 2, failures: 5, exitCode: 143, lastPod: 'shop/cart-1' };
const LAST = { ...EXIT, lastAtMs: Date.parse('2026-11-21T08:00:10Z') };
const SAID =
  'warning shop/cart: container app ended less than 1 s after the deletion of its pod 2 times within a day, and 5 requests in flight broke off; last shop/cart-1 at 2026-11-21T08:00:10Z';

test('fires on ends right after the deletion that broke off requests, with how it ended', () => {
  const says = (part: Partial<typeof LAST> | { exitCode: null }) =>
    workloadSays(RULE, workload(SOUND_SPEC, { abruptExits: known([{ ...LAST, ...part }]) }));
  assert.deepEqual(says({}), [`${SAID}, exit code 143 (SIGTERM is not handled)`]);
  assert.deepEqual(says({ exitCode: 0 }), [`${SAID}, exit code 0`]);
  assert.deepEqual(says({ exitCode: null }), [SAID]);
  const found = workload(SOUND_SPEC, { abruptExits: known([LAST]) });
  assert.match(workloadFixes(RULE, found).join(), /terminationGracePeriodSeconds \(45\)/);
});

test('silent without such ends, for containers that no Service sends to, and where nobody looks', () => {
  assert.deepEqual(workloadSays(RULE, workload()), []);
  const other = known([{ ...LAST, container: 'log-shipper' }]);
  assert.deepEqual(workloadSays(RULE, workload(SOUND_SPEC, { abruptExits: other })), []);
  assert.deepEqual(workloadSays(RULE, workload(SOUND_SPEC, { abruptExits: notKnown('x') })), []);
});
