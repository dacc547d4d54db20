import { notListening } from '../../../src/causes/rules/not-listening.ts';
import { pending } from '../../../src/facts/answer.ts';
import { listenerFact, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

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
]);
