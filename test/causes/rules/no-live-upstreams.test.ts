import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLiveUpstreams } from '../../../src/causes/rules/no-live-upstreams.ts';
import { UNKNOWN_UPSTREAM } from '../../../src/contract/metrics.ts';
import type { Cause } from '../../../src/contract/names.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { failed, fakeFacts } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const charge = (cause: Cause, weight: number) => ({ cause, upstream: UNKNOWN_UPSTREAM, weight, evidence: ['because'] });
const storm = { symptom: 'no_live_upstreams', proxy: 'nginx', peer: null } as const;

testRule(noLiveUpstreams, [
  { name: 'remains where nothing was seen before', of: storm, given: { downed: known([]) }, says: null },
  { name: 'is no reason of itself', of: storm, given: { downed: known([charge('no_live_upstreams', 3)]) }, says: null },
  {
    name: 'is charged to nothing that has no weight',
    of: storm,
    given: { downed: known([charge('oom_killed', 0)]) },
    says: null,
  },
  { name: 'waits for verdicts on what went before', of: storm, given: { downed: pending('soon') }, says: 'wait' },
]);

test('a storm is charged to what took the peers down', () => {
  const charges = [charge('stale_endpoint', 2), charge('connection_refused', 1)];
  const downed = known([...charges, charge('no_live_upstreams', 9)]);
  assert.deepEqual(noLiveUpstreams.judge(failed(storm), fakeFacts({ downed })), { charges });
});
