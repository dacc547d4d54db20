import { unidentified } from '../../../src/causes/rules/unidentified.ts';
import { pending } from '../../../src/facts/answer.ts';
import { grown } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const envoy = { proxy: 'envoy' } as const;
const failed = (delta: number) => ({ 'gateway attempt_failures': grown(delta, { where: 'pod edge/edge-1' }) });

testRule(unidentified, [
  {
    name: 'is what Envoy could not connect to while the kernel counts nothing that was refused',
    of: envoy,
    given: { growth: failed(0) },
    says: [
      'Envoy could not connect to 10.2.71.14:8080, and no reset refused it: AttemptFails of pod edge/edge-1 stayed at 1033 between 11:59:56 and 12:00:01 UTC',
      'no route to it, a firewall that rejects by ICMP, or it hung up before the TLS handshake was over: an access log of Envoy would say which',
    ],
  },
  { name: 'not when an attempt was refused', of: envoy, given: { growth: failed(1) }, says: null },
  { name: 'not where the counter is unknown', of: envoy, given: {}, says: null },
  { name: 'not of nginx, which says the errno', given: { growth: failed(0) }, says: null },
  {
    name: 'not of an access log, which says the errno',
    of: { ...envoy, source: 'access_log' },
    given: { growth: failed(0) },
    says: null,
  },
  {
    name: 'not of a unix socket',
    of: { ...envoy, peer: { scheme: 'http', address: '/run/app.sock', port: null } },
    given: { growth: failed(0) },
    says: null,
  },
  {
    name: 'waits for the next reading of the counter',
    of: envoy,
    given: { growth: { 'gateway attempt_failures': pending('soon') } },
    says: 'wait',
  },
]);
