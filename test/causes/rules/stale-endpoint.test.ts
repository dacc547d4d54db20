import { staleEndpoint } from '../../../src/causes/rules/stale-endpoint.ts';
import { pending } from '../../../src/facts/answer.ts';
import { endpointFact, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const stale = (sinceMs: number | null = NOON - 41_000) => endpointFact({ state: 'stale', sinceMs });
const LATELY =
  '10.2.71.14:8080 has been no endpoint of shop/cart since 11:59:19 UTC; the gateway still has it (http.conf:88); ' +
  'the pod was shop/cart-7d9; 3 ready endpoints remain';

testRule(staleEndpoint, [
  { name: 'is proved by the slices', given: { endpoint: stale() }, says: [LATELY] },
  {
    name: 'whatever the network said',
    of: { symptom: 'host_unreachable' },
    given: { endpoint: stale() },
    says: [LATELY],
  },
  {
    name: 'also for a failure that Envoy does not name',
    of: { proxy: 'envoy', symptom: 'other' },
    given: { endpoint: stale() },
    says: [LATELY],
  },
  {
    name: 'not for an error of nginx that may be its own',
    of: { symptom: 'other' },
    given: { endpoint: stale() },
    says: null,
  },
  {
    name: 'says less where less is known',
    given: { endpoint: endpointFact({ state: 'stale', sinceMs: null, pod: '', place: '', ready: 0 }) },
    says: ['10.2.71.14:8080 is no endpoint of shop/cart; the gateway still has it; the Service has no ready endpoint'],
  },
  {
    name: 'not of a request in flight when the pod went',
    of: { symptom: 'response_timeout' },
    given: { endpoint: stale(NOON - 119_000) },
    says: null,
  },
  {
    name: 'of a request that was sent long after the pod went',
    of: { symptom: 'response_timeout' },
    given: { endpoint: stale(NOON - 3_600_000) },
    says: [LATELY.replace('11:59:19', '11:00:00')],
  },
  {
    name: 'of a request to an address that was stale before anybody looked',
    of: { symptom: 'reset' },
    given: { endpoint: stale(null) },
    says: [LATELY.replace('has been', 'is').replace(' since 11:59:19 UTC', '')],
  },
  {
    name: 'of a request that the gateway gave up after less than the pod was gone',
    of: { symptom: 'response_timeout' },
    given: { endpoint: stale(NOON - 41_000), timeout: { leastMs: 30_000, mostMs: 30_000 } },
    says: [LATELY],
  },
  {
    name: 'not of a connection that was begun while it was live',
    of: { symptom: 'connect_timeout' },
    given: { endpoint: endpointFact({ state: 'stale', isLater: true }) },
    says: null,
  },
  { name: 'not of a live endpoint', given: { endpoint: endpointFact() }, says: null },
  {
    name: 'not of an address that another Service has',
    given: { endpoint: endpointFact({ state: 'foreign' }) },
    says: null,
  },
  { name: 'waits for the slices', given: { endpoint: pending('soon') }, says: 'wait' },
]);
