import { foreignEndpoint } from '../../../src/causes/rules/foreign-endpoint.ts';
import { pending } from '../../../src/facts/answer.ts';
import { endpointFact, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const foreign = endpointFact({ state: 'foreign', pod: 'shop/search-1', ready: 1 });
const EVIDENCE = [
  '10.2.71.14:8080 has been no endpoint of shop/cart since 11:59:19 UTC; the gateway still has it (http.conf:88); ' +
    'pod shop/search-1 has the address now; 1 ready endpoint remains',
];

const since = (ms: number) => ({ endpoint: endpointFact({ state: 'foreign', sinceMs: NOON - ms }) });

testRule(foreignEndpoint, [
  { name: 'is proved by another pod at the address', given: { endpoint: foreign }, says: EVIDENCE },
  { name: 'also when that pod answers', of: { symptom: 'upstream_5xx' }, given: { endpoint: foreign }, says: EVIDENCE },
  {
    name: 'also when its certificate is another',
    of: { symptom: 'tls_verify' },
    given: { endpoint: foreign },
    says: EVIDENCE,
  },
  {
    name: 'also for a failure that Envoy does not name',
    of: { proxy: 'envoy', symptom: 'other' },
    given: { endpoint: foreign },
    says: EVIDENCE,
  },
  {
    name: 'not for an error of nginx that may be its own',
    of: { symptom: 'other' },
    given: { endpoint: foreign },
    says: null,
  },
  {
    name: 'of a request that was sent to the other pod and broken off',
    of: { symptom: 'premature_close' },
    given: { endpoint: foreign },
    says: EVIDENCE,
  },
  {
    name: 'not of one that broke off while the address changed hands: the pod before had it',
    of: { symptom: 'premature_close' },
    given: since(4_000),
    says: null,
  },
  {
    name: 'not of an answer that may have been waited for since the pod before had the address',
    of: { symptom: 'response_timeout' },
    given: { endpoint: foreign },
    says: null,
  },
  {
    name: 'of an answer of which the other pod was asked',
    of: { symptom: 'response_timeout' },
    given: since(80_000),
    says: [
      '10.2.71.14:8080 has been no endpoint of shop/cart since 11:58:40 UTC; the gateway still has it (http.conf:88); ' +
        'pod shop/cart-7d9 has the address now; 3 ready endpoints remain',
    ],
  },
  {
    name: 'of an answer that is not waited for as long as the other pod has had the address',
    of: { symptom: 'response_timeout' },
    given: { endpoint: foreign, timeout: { leastMs: 30_000, mostMs: 30_000 } },
    says: EVIDENCE,
  },
  {
    name: 'not of a connection that was begun before the other pod had it',
    of: { symptom: 'connect_timeout' },
    given: { endpoint: endpointFact({ state: 'foreign', isLater: true }) },
    says: null,
  },
  { name: 'not when nobody has the address', given: { endpoint: endpointFact({ state: 'stale' }) }, says: null },
  { name: 'waits for the slices', given: { endpoint: pending('soon') }, says: 'wait' },
]);
