import { connectTimeout } from '../../../src/causes/rules/connect-timeout.ts';
import { UNKNOWN_UPSTREAM } from '../../../src/contract/metrics.ts';
import type { Cause } from '../../../src/contract/names.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { listenerFact } from '../../support/fake-facts.ts';
import { testCharges } from '../../support/rule-cases.ts';

const of = { symptom: 'connect_timeout' } as const;
const charged = (cause: Cause) => [{ cause, upstream: UNKNOWN_UPSTREAM, weight: 6, evidence: ['6 others'] }];
const rejected = (cause: Cause) => known(charged(cause));

testCharges(connectTimeout, [
  {
    name: 'is charged to what others were told at that moment',
    of,
    given: { rejected: rejected('no_route_to_host') },
    says: charged('no_route_to_host'),
  },
  {
    name: 'to a refusal where the port listens: somebody on the way has refused',
    of,
    given: { rejected: rejected('connection_refused'), listener: listenerFact() },
    says: charged('connection_refused'),
  },
  {
    name: 'not to the RST of a closed port',
    of,
    given: { rejected: rejected('connection_refused'), listener: listenerFact({ state: 'not_listening' }) },
    says: null,
  },
  {
    name: 'not to a refusal of which that is not known',
    of,
    given: { rejected: rejected('connection_refused') },
    says: null,
  },
  {
    name: 'waits for the sockets',
    of,
    given: { rejected: rejected('connection_refused'), listener: pending('soon') },
    says: 'wait',
  },
  { name: 'waits for the verdicts on the others', of, given: { rejected: pending('soon') }, says: 'wait' },
  { name: 'is what it is when nobody was told anything', of, given: { rejected: known([]) }, says: null },
  {
    name: 'not of Envoy, which does not say who told it what',
    of: { ...of, proxy: 'envoy' },
    given: { rejected: rejected('no_route_to_host') },
    says: null,
  },
]);
