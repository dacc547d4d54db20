import { portMismatch } from '../../../src/causes/rules/port-mismatch.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { endpointFact, listenerFact, NOON, oomKill } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const drift = { endpoint: endpointFact({ state: 'port_drift' }) };
const DRIFT = [
  '10.2.71.14:8080 has been an endpoint with another port of shop/cart since 11:59:19 UTC; the gateway still has it (http.conf:88); ' +
    'the pod is shop/cart-7d9; 3 ready endpoints beside it',
];
const listener = listenerFact({ state: 'port_mismatch', others: [8081, 9090] });
const old = (ms: number) => endpointFact({ sinceMs: NOON - ms });
const others = { endpoint: old(600_000), listener, ends: { peer: known([]) } };
const OTHERS = ['at 12:00:01 UTC nothing listened at 10.2.71.14:8080; the pod listens on port 8081, 9090'];

testRule(portMismatch, [
  { name: 'is proved by the slices', given: drift, says: DRIFT },
  { name: 'of what another program on the port answers', of: { symptom: 'tls_handshake' }, given: drift, says: DRIFT },
  { name: 'is proved by the sockets', given: others, says: OTHERS },
  { name: 'without Kubernetes too', given: { listener }, says: OTHERS },
  {
    name: 'not when it listened there before',
    given: {
      ...others,
      listener: listenerFact({ state: 'port_mismatch', others: [9090], lastListenedMs: NOON - 60_000 }),
    },
    says: null,
  },
  {
    name: 'not when a program has answered there, though nobody saw it listen',
    given: { ...others, listener: listenerFact({ state: 'port_mismatch', others: [9090], hasAnswered: true }) },
    says: null,
  },
  {
    name: 'not when a container of the pod has just ended',
    given: { ...others, ends: { peer: known([oomKill({ isOomKill: false })]) } },
    says: null,
  },
  {
    name: 'not of a pod that starts',
    given: { ...others, endpoint: endpointFact({ state: 'not_ready' }) },
    says: null,
  },
  {
    name: 'not of a pod without a readiness probe that has just come: ports of metrics often listen first',
    given: { ...others, endpoint: old(119_000) },
    says: null,
  },
  {
    name: 'of one that was there before anybody looked',
    given: { ...others, endpoint: endpointFact({ sinceMs: null }) },
    says: OTHERS,
  },
  {
    name: 'not of a connection that timed out and began before',
    of: { symptom: 'connect_timeout' },
    given: { endpoint: endpointFact({ state: 'port_drift', isLater: true }) },
    says: null,
  },
  {
    name: 'not of a pod that ends',
    given: { ...others, endpoint: endpointFact({ state: 'terminating' }) },
    says: null,
  },
  {
    name: 'not of the gateway’s own loopback, where it listens itself',
    of: { peer: { scheme: 'http', address: '127.0.0.1', port: 9000 } },
    given: others,
    says: null,
  },
  { name: 'not of a timeout by the sockets', of: { symptom: 'connect_timeout' }, given: others, says: null },
  {
    name: 'waits for sockets that were read after the failure',
    given: { ...others, listener: listenerFact({ state: 'port_mismatch', atMs: NOON - 6_000 }) },
    says: 'wait',
  },
  { name: 'waits for the sockets', given: { ...others, listener: pending('soon') }, says: 'wait' },
  { name: 'waits to hear of the containers', given: { ...others, ends: { peer: pending('soon') } }, says: 'wait' },
  { name: 'waits for the slices', given: { ...others, endpoint: pending('soon') }, says: 'wait' },
  {
    name: 'waits for the slices where no socket can tell',
    of: { symptom: 'protocol_error' },
    given: { endpoint: pending('soon') },
    says: 'wait',
  },
]);
