import { dnsFailure } from '../../../src/causes/rules/dns-failure.ts';
import { known, pending, unknown } from '../../../src/facts/answer.ts';
import { testRule } from '../../support/rule-cases.ts';

const SAID = 'the cluster has no host: no look-up of its name has succeeded (update_failure)';
const of = { symptom: 'no_healthy_upstream', proxy: 'envoy', peer: null } as const;
const ready = (count: number) => ({ ready: known({ service: 'shop/cart', ready: count }) });

testRule(dnsFailure, [
  { name: 'is proved by the look-ups', of, given: { unresolved: known(SAID) }, says: [SAID] },
  {
    name: 'although endpoints are ready',
    of,
    given: { unresolved: known(SAID), ...ready(2) },
    says: [SAID, 'shop/cart had 2 ready endpoints'],
  },
  { name: 'not of a Service without endpoints', of, given: { unresolved: known(SAID), ...ready(0) }, says: null },
  { name: 'waits for the endpoints', of, given: { unresolved: known(SAID), ready: pending('soon') }, says: 'wait' },
  { name: 'waits until Envoy is read', of, given: { unresolved: pending('soon') }, says: 'wait' },
  {
    name: 'not of a cluster that has hosts, or lacks them otherwise',
    of,
    given: { unresolved: known(null) },
    says: null,
  },
  { name: 'not where the cluster is not known', of, given: { unresolved: unknown('who knows') }, says: null },
]);
