import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noEndpoints } from '../../../src/causes/rules/no-endpoints.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { endpointFact, failed, fakeFacts } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const ready = (count: number) => ({ ready: known({ service: 'shop/cart', ready: count }) });
const NONE = 'shop/cart had no ready endpoint';
const placeholder = { peer: { scheme: 'http', address: '0.0.0.1', port: 80 } } as const;
const PLACEHOLDER = '0.0.0.1:80 is where ingress-nginx sends a request for which its balancer has no endpoint';

testRule(noEndpoints, [
  { name: 'is proved by the slices', of: { symptom: 'no_live_upstreams', peer: null }, given: ready(0), says: [NONE] },
  {
    name: 'of Envoy too',
    of: { symptom: 'no_healthy_upstream', proxy: 'envoy', peer: null },
    given: ready(0),
    says: [NONE],
  },
  { name: 'of a refused cluster IP', given: ready(0), says: [NONE] },
  {
    name: 'not of a pod: that none is ready may follow from why it did not answer',
    of: { symptom: 'connect_timeout' },
    given: { ...ready(0), endpoint: endpointFact({ state: 'not_ready' }) },
    says: null,
  },
  {
    name: 'waits to hear whether it is a pod',
    given: { ...ready(0), endpoint: pending('soon') },
    says: 'wait',
  },
  {
    name: 'not of a unix socket',
    of: { peer: { scheme: 'http', address: '/run/app.sock', port: null } },
    given: ready(0),
    says: null,
  },
  { name: 'not where nothing says who refused', of: { proxy: 'envoy', peer: null }, given: ready(0), says: null },
  { name: 'not with a ready endpoint', of: { symptom: 'no_live_upstreams', peer: null }, given: ready(1), says: null },
  { name: 'not of a network without a way', of: { symptom: 'network_unreachable' }, given: ready(0), says: null },
  {
    name: 'of ingress-nginx’s placeholder',
    of: { ...placeholder, symptom: 'network_unreachable' },
    given: {},
    says: [PLACEHOLDER],
  },
  {
    name: 'with the Service where that is known',
    of: { ...placeholder, symptom: 'connect_timeout' },
    given: ready(0),
    says: [PLACEHOLDER, NONE],
  },
  {
    name: 'not of the placeholder of a Service with endpoints',
    of: { ...placeholder, symptom: 'other' },
    given: ready(2),
    says: null,
  },
  {
    name: 'waits for the Service behind the placeholder',
    of: { ...placeholder, symptom: 'other' },
    given: { ready: pending('soon') },
    says: 'wait',
  },
  {
    name: 'of the server that NGINX Gateway Fabric writes for a Service without endpoints',
    of: {
      symptom: 'no_live_upstreams',
      peer: { scheme: '', address: '/var/run/nginx/nginx-503-server.sock', port: null },
    },
    given: {},
    says: [
      'unix:/var/run/nginx/nginx-503-server.sock is where NGINX Gateway Fabric sends a request for which it has no endpoint',
    ],
  },
  {
    name: 'waits for the slices',
    of: { symptom: 'no_live_upstreams', peer: null },
    given: { ready: pending('soon') },
    says: 'wait',
  },
]);

test('0.0.0.1 means nothing to Envoy', () => {
  assert.equal(noEndpoints.judge(failed({ ...placeholder, proxy: 'envoy' }), fakeFacts(ready(0))), null);
});
