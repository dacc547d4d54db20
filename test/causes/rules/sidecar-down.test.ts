import { sidecarDown } from '../../../src/causes/rules/sidecar-down.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { endpointFact } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const down = known({ isActive: true, evidence: 'nothing listens on port 15001 any more' });
const up = known({ isActive: false, evidence: 'port 15001 listens' });
const own = { 'gateway sidecar_down': down } as const;
const peers = { 'gateway sidecar_down': up, 'peer sidecar_down': down } as const;
const OWN = [
  'connections of the gateway’s pod go through a sidecar, and it is down: nothing listens on port 15001 any more',
];
const PEERS = [
  'connections to 10.2.71.14:8080 go through a sidecar in its pod, and it is down: nothing listens on port 15001 any more',
];
const loopback = { scheme: 'http', address: '127.0.0.1', port: 9000 };

testRule(sidecarDown, [
  { name: 'is proved by the gateway’s own', given: { conditions: own }, says: OWN },
  {
    name: 'which no slice can contradict',
    given: { conditions: own, endpoint: endpointFact({ state: 'stale' }) },
    says: OWN,
  },
  { name: 'which also cuts what it carried', of: { symptom: 'reset' }, given: { conditions: own }, says: OWN },
  { name: 'not inside the pod', of: { peer: loopback }, given: { conditions: own }, says: null },
  { name: 'is proved by the peer’s', given: { conditions: peers, endpoint: endpointFact() }, says: PEERS },
  { name: 'without Kubernetes too', given: { conditions: peers }, says: PEERS },
  {
    name: 'also when the pod is not ready for it',
    given: { conditions: peers, endpoint: endpointFact({ state: 'not_ready', wasReady: true }) },
    says: PEERS,
  },
  {
    name: 'not of a pod that starts',
    given: { conditions: peers, endpoint: endpointFact({ state: 'not_ready', wasReady: false }) },
    says: null,
  },
  {
    name: 'not of a pod that ends',
    given: { conditions: peers, endpoint: endpointFact({ state: 'terminating' }) },
    says: null,
  },
  {
    name: 'not of a pod that has gone',
    given: { conditions: peers, endpoint: endpointFact({ state: 'stale' }) },
    says: null,
  },
  {
    name: 'waits for the slices of a peer without sidecar',
    given: { conditions: peers, endpoint: pending('soon') },
    says: 'wait',
  },
  {
    name: 'not when both are up',
    given: { conditions: { 'gateway sidecar_down': up, 'peer sidecar_down': up } },
    says: null,
  },
  {
    name: 'waits for the look at the gateway’s',
    given: { conditions: { 'gateway sidecar_down': pending('soon'), 'peer sidecar_down': up } },
    says: 'wait',
  },
  {
    name: 'waits for the look at the peer’s',
    given: { conditions: { 'peer sidecar_down': pending('soon') } },
    says: 'wait',
  },
  {
    name: 'does not wait for the sidecar of a pod that has gone',
    given: { conditions: { 'peer sidecar_down': pending('soon') }, endpoint: endpointFact({ state: 'stale' }) },
    says: null,
  },
]);
