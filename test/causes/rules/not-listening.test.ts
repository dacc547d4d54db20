import { notListening } from '../../../src/causes/rules/not-listening.ts';
import { known, pending, unknown } from '../../../src/facts/answer.ts';
import { listenerFact, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const AT_SERVICE = { peer: { scheme: 'http', address: '10.96.0.10', port: 80 } };
const behind = (...endpoints: readonly [address: string, isLeaving?: boolean][]) =>
  known(
    endpoints.map(([address, isLeaving = false]) => ({ peer: { scheme: 'http', address, port: 8080 }, isLeaving })),
  );
const TWO = behind(['10.2.71.14'], ['10.2.71.15']);
/** What the first of the two does; the other one listens. */
const first = (part: Parameters<typeof listenerFact>[0]) => (address: string) =>
  listenerFact(address === '10.2.71.14' ? part : {});
const EVIDENCE = 'at 12:00:01 UTC nothing listened at 10.2.71.14:8080';

testRule(notListening, [
  { name: 'is proved by the sockets', given: { listener: listenerFact({ state: 'not_listening' }) }, says: [EVIDENCE] },
  {
    name: 'also when the rest of the pod listens still',
    given: { listener: listenerFact({ state: 'port_mismatch', others: [9090], lastListenedMs: NOON - 20_000 }) },
    says: [`${EVIDENCE}; it listened at 11:59:40 UTC; port 9090 listens there`],
  },
  {
    name: 'also when nobody saw it listen, and a program answered there before',
    given: { listener: listenerFact({ state: 'port_mismatch', others: [9090], hasAnswered: true }) },
    says: [`${EVIDENCE}; a program answered there before; port 9090 listens there`],
  },
  { name: 'not when it listens again', given: { listener: listenerFact() }, says: null },
  {
    name: 'not when it listens on loopback',
    given: { listener: listenerFact({ state: 'bound_to_loopback' }) },
    says: null,
  },
  {
    name: 'waits for sockets that were read after the failure',
    given: { listener: listenerFact({ state: 'not_listening', atMs: NOON - 6_000 }) },
    says: 'wait',
  },
  { name: 'waits for the sockets', given: { listener: pending('soon') }, says: 'wait' },
  {
    name: 'of one of the endpoints behind the address of a Service',
    of: AT_SERVICE,
    given: { behind: TWO, listener: first({ state: 'not_listening' }) },
    says: [EVIDENCE, '10.96.0.10:80 is the address of a Service: 1 of its 2 ready endpoints does not listen'],
  },
  {
    name: 'of all of them',
    of: AT_SERVICE,
    given: { behind: TWO, listener: listenerFact({ state: 'port_mismatch', lastListenedMs: NOON - 20_000 }) },
    says: [
      `${EVIDENCE}; it listened at 11:59:40 UTC`,
      'at 12:00:01 UTC nothing listened at 10.2.71.15:8080; it listened at 11:59:40 UTC',
      '10.96.0.10:80 is the address of a Service: 2 of its 2 ready endpoints do not listen',
    ],
  },
  { name: 'not when all of them listen', of: AT_SERVICE, given: { behind: TWO, listener: listenerFact() }, says: null },
  {
    name: 'not when what listens at one of them is not known: a rule may reject there',
    of: AT_SERVICE,
    given: {
      behind: TWO,
      listener: (address) =>
        address === '10.2.71.14' ? listenerFact({ state: 'not_listening' }) : unknown('no network of this node has it'),
    },
    says: null,
  },
  {
    name: 'not when the one that does not listen is terminating',
    of: AT_SERVICE,
    given: { behind: behind(['10.2.71.14', true], ['10.2.71.15']), listener: first({ state: 'not_listening' }) },
    says: null,
  },
  {
    name: 'not when it may be the wrong port',
    of: AT_SERVICE,
    given: { behind: TWO, listener: first({ state: 'port_mismatch', others: [9090] }) },
    says: null,
  },
  {
    name: 'not when it listens on loopback there',
    of: AT_SERVICE,
    given: { behind: TWO, listener: first({ state: 'bound_to_loopback' }) },
    says: null,
  },
  {
    name: 'waits for the sockets of each',
    of: AT_SERVICE,
    given: { behind: TWO, listener: first({ state: 'not_listening', atMs: NOON - 6_000 }) },
    says: 'wait',
  },
  { name: 'waits for the endpoints', of: AT_SERVICE, given: { behind: pending('soon') }, says: 'wait' },
  { name: 'not when they are not known', of: AT_SERVICE, given: { behind: unknown('no slices') }, says: null },
]);
