import { foreignEndpoint } from '../../../src/causes/rules/foreign-endpoint.ts';
import { pending } from '../../../src/facts/answer.ts';
import { endpointFact } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const foreign = endpointFact({ state: 'foreign', pod: 'shop/search-1', ready: 1 });
const EVIDENCE = [
  '10.2.71.14:8080 has been no endpoint of shop/cart since 11:59:19 UTC; the gateway still has it (http.conf:88); ' +
    'pod shop/search-1 has the address now; 1 ready endpoint remains',
];

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
  { name: 'not when nobody has the address', given: { endpoint: endpointFact({ state: 'stale' }) }, says: null },
  { name: 'waits for the slices', given: { endpoint: pending('soon') }, says: 'wait' },
]);
