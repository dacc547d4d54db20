import { notReadyEndpoint } from '../../../src/causes/rules/not-ready-endpoint.ts';
import { pending } from '../../../src/facts/answer.ts';
import type { EndpointFact } from '../../../src/facts/facts.ts';
import { endpointFact, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const since = (ms: number | null, part: Partial<EndpointFact> = {}) => ({
  endpoint: endpointFact({ state: 'not_ready', sinceMs: ms === null ? null : NOON + ms, ...part }),
});
const evidence = (time: string) =>
  `10.2.71.14:8080 has been an endpoint that is not ready of shop/cart since ${time} UTC; the gateway still has it (http.conf:88); ` +
  'the pod is shop/cart-7d9; 3 ready endpoints beside it';
const STARTS = 'it has never been ready: it starts';
const answers = { symptom: 'upstream_5xx' } as const;
const silent = { symptom: 'response_timeout' } as const;
const broken = { symptom: 'reset' } as const;

testRule(notReadyEndpoint, [
  { name: 'is proved by the slices', given: since(-41_000), says: [evidence('11:59:19')] },
  {
    name: 'names the container that is not ready',
    given: since(-41_000, { unready: 'container app waits: CrashLoopBackOff' }),
    says: [evidence('11:59:19').replace('cart-7d9;', 'cart-7d9; container app waits: CrashLoopBackOff;')],
  },
  { name: 'of a connection just after', given: since(-4_000), says: [evidence('11:59:56')] },
  { name: 'not of a connection before', given: since(1_000), says: null },
  {
    name: 'of 5xx while it starts',
    of: answers,
    given: since(-1_000, { wasReady: false }),
    says: [evidence('11:59:59'), STARTS],
  },
  { name: 'of 5xx all the while', of: answers, given: since(-41_000), says: [evidence('11:59:19')] },
  { name: 'not of 5xx of which some may have come before', of: answers, given: since(-4_000), says: null },
  {
    name: 'not of 5xx of an application that has been ready',
    of: answers,
    given: since(-41_000, { wasReady: true }),
    says: null,
  },
  {
    name: 'of silence while it starts',
    of: silent,
    given: since(-1_000, { wasReady: false }),
    says: [evidence('11:59:59'), STARTS],
  },
  { name: 'of silence long after', of: silent, given: since(-80_000), says: [evidence('11:58:40')] },
  { name: 'not of silence for which the pod is not ready any more', of: silent, given: since(-41_000), says: null },
  {
    name: 'not of a timeout of the very program that was asked before',
    of: { symptom: 'connect_timeout' },
    given: since(-41_000, { isLater: true }),
    says: null,
  },
  { name: 'of what broke off long after', of: broken, given: since(-41_000), says: [evidence('11:59:19')] },
  { name: 'not of what broke off as the program ended', of: broken, given: since(-4_000), says: null },
  {
    name: 'of what broke off where it was never seen ready',
    of: broken,
    given: since(null),
    says: [evidence('x').replace('has been', 'is').replace(' since x UTC', '')],
  },
  { name: 'not of an error of nginx that may be its own', of: { symptom: 'other' }, given: since(-41_000), says: null },
  { name: 'not of a live endpoint', given: { endpoint: endpointFact() }, says: null },
  { name: 'waits for the slices', given: { endpoint: pending('soon') }, says: 'wait' },
]);
