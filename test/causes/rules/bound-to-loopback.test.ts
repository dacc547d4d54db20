import { boundToLoopback } from '../../../src/causes/rules/bound-to-loopback.ts';
import { pending } from '../../../src/facts/answer.ts';
import { listenerFact } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

testRule(boundToLoopback, [
  {
    name: 'is proved by the socket',
    given: { listener: listenerFact({ state: 'bound_to_loopback' }) },
    says: [
      'behind 10.2.71.14:8080 port 8080 listens on a loopback address only, seen at 12:00:01 UTC: nobody outside the pod reaches it',
    ],
  },
  {
    name: 'not when a program answered there: a proxy in the pod took what came for it',
    given: { listener: listenerFact({ state: 'bound_to_loopback', hasAnswered: true }) },
    says: null,
  },
  { name: 'not when it listens for all', given: { listener: listenerFact() }, says: null },
  { name: 'not when nothing listens', given: { listener: listenerFact({ state: 'not_listening' }) }, says: null },
  { name: 'waits for the sockets', given: { listener: pending('soon') }, says: 'wait' },
]);
