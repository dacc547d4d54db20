import { terminatingEndpoint } from '../../../src/causes/rules/terminating-endpoint.ts';
import { known, pending, unknown } from '../../../src/facts/answer.ts';
import { endpointFact, listenerFact, NOON, oomKill } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const terminating = endpointFact({ state: 'terminating' });
const EVIDENCE =
  '10.2.71.14:8080 has been a terminating endpoint of shop/cart since 11:59:19 UTC; the gateway still has it (http.conf:88); ' +
  'the pod is shop/cart-7d9; 3 ready endpoints beside it';
const ended = known([oomKill({ isOomKill: false, reason: 'Completed', exitCode: 0 })]);

const AT_SERVICE = { peer: { scheme: 'http', address: '10.96.0.10', port: 80 } };
const behind = (...leaving: readonly boolean[]) =>
  known(
    leaving.map((isLeaving, i) => ({ peer: { scheme: 'http', address: `10.2.71.${14 + i}`, port: 8080 }, isLeaving })),
  );
/** What the first of them does; the others listen. */
const first = (part: Parameters<typeof listenerFact>[0]) => (address: string) =>
  listenerFact(address === '10.2.71.14' ? part : {});
const SILENT = 'at 12:00:01 UTC nothing listened at 10.2.71.14:8080, which is terminating or gone';

testRule(terminatingEndpoint, [
  {
    name: 'of one of the endpoints behind the address of a Service',
    of: AT_SERVICE,
    given: { behind: behind(true, false), listener: first({ state: 'not_listening' }) },
    says: [SILENT, '10.96.0.10:80 is the address of a Service: its other endpoint listens'],
  },
  {
    name: 'of one of many, one of which still works while it ends',
    of: AT_SERVICE,
    given: {
      behind: behind(true, true, false),
      listener: first({ state: 'port_mismatch', lastListenedMs: NOON - 20_000 }),
    },
    says: [SILENT, '10.96.0.10:80 is the address of a Service: its 2 other endpoints listen'],
  },
  {
    name: 'not when one that stays does not listen either',
    of: AT_SERVICE,
    given: { behind: behind(true, false), listener: listenerFact({ state: 'not_listening' }) },
    says: null,
  },
  {
    name: 'not without one that stays: the node refuses then',
    of: AT_SERVICE,
    given: { behind: behind(true), listener: listenerFact({ state: 'not_listening' }) },
    says: null,
  },
  {
    name: 'not when all listen',
    of: AT_SERVICE,
    given: { behind: behind(true, false), listener: listenerFact() },
    says: null,
  },
  {
    name: 'not where the port never listened',
    of: AT_SERVICE,
    given: { behind: behind(true, false), listener: first({ state: 'port_mismatch' }) },
    says: null,
  },
  {
    name: 'not on loopback',
    of: AT_SERVICE,
    given: { behind: behind(true, false), listener: first({ state: 'bound_to_loopback' }) },
    says: null,
  },
  {
    name: 'not when what listens at one of them is not known',
    of: AT_SERVICE,
    given: {
      behind: behind(true, false),
      listener: (address) =>
        address === '10.2.71.15' ? unknown('on another node') : listenerFact({ state: 'not_listening' }),
    },
    says: null,
  },
  {
    name: 'waits for sockets that were read after the failure',
    of: AT_SERVICE,
    given: { behind: behind(true, false), listener: first({ state: 'not_listening', atMs: NOON - 6_000 }) },
    says: 'wait',
  },
  { name: 'is proved by the slices', given: { endpoint: terminating }, says: [EVIDENCE] },
  {
    name: 'of what was broken off',
    of: { symptom: 'premature_close' },
    given: { endpoint: terminating },
    says: [EVIDENCE],
  },
  {
    name: 'of what was in flight when the pod went',
    of: { symptom: 'premature_close' },
    given: { endpoint: endpointFact({ state: 'stale', sinceMs: NOON - 1_000 }) },
    says: [
      'the pod went while the request was in flight: 10.2.71.14:8080 has been no endpoint of shop/cart since 11:59:59 UTC; ' +
        'the gateway still has it (http.conf:88); the pod was shop/cart-7d9; 3 ready endpoints remain',
    ],
  },
  {
    name: 'not of a new connection to an address that went',
    given: { endpoint: endpointFact({ state: 'stale', sinceMs: NOON - 1_000 }) },
    says: null,
  },
  {
    name: 'not of what was sent long after the pod went',
    of: { symptom: 'reset' },
    given: { endpoint: endpointFact({ state: 'stale', sinceMs: NOON - 120_000 }) },
    says: null,
  },
  {
    name: 'of silence after the container ended',
    of: { symptom: 'response_timeout' },
    given: { endpoint: terminating, ends: { peer: ended } },
    says: [EVIDENCE, 'container app of pod shop/cart-7d9 ended at 11:59:57 UTC: Completed, exit code 0'],
  },
  {
    name: 'not of the silence of a program that still runs',
    of: { symptom: 'response_timeout' },
    given: { endpoint: terminating, ends: { peer: known([]) } },
    says: null,
  },
  {
    name: 'waits to hear whether it still runs',
    of: { symptom: 'response_timeout' },
    given: { endpoint: terminating, ends: { peer: pending('soon') } },
    says: 'wait',
  },
  {
    name: 'not of an error of nginx that may be its own',
    of: { symptom: 'other' },
    given: { endpoint: terminating },
    says: null,
  },
  {
    name: 'of what the gateway still waited for when the pod went, however long it waits',
    of: { symptom: 'response_timeout' },
    given: {
      endpoint: endpointFact({ state: 'stale', sinceMs: NOON - 600_000 }),
      timeout: { leastMs: 3_600_000, mostMs: 3_600_000 },
    },
    says: [
      'the pod went while the request was in flight: 10.2.71.14:8080 has been no endpoint of shop/cart since 11:50:00 UTC; ' +
        'the gateway still has it (http.conf:88); the pod was shop/cart-7d9; 3 ready endpoints remain',
    ],
  },
  {
    name: 'not of a connection that was begun while it was live',
    of: { symptom: 'connect_timeout' },
    given: { endpoint: endpointFact({ state: 'terminating', isLater: true }) },
    says: null,
  },
  {
    name: 'of one that was begun while it was terminating and is gone since',
    of: { symptom: 'connect_timeout' },
    given: { endpoint: endpointFact({ state: 'terminating', isOver: true }) },
    says: [EVIDENCE.replace('has been', 'was').replace('of shop/cart', 'of shop/cart when the attempts began')],
  },
  { name: 'not of a live endpoint', given: { endpoint: endpointFact() }, says: null },
  { name: 'waits for the slices', given: { endpoint: pending('soon') }, says: 'wait' },
]);
