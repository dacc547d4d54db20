import assert from 'node:assert/strict';
import type { Observation } from '../../src/contract/failure.ts';
import type { EndpointFact } from '../../src/facts/facts.ts';
import { factsRig } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

export const IP = '10.0.0.1';

/** cart uses 10.0.0.1, which is live, and has been followed for 10 s. */
export function setUp(endpoints = [endpoint(IP, { podName: 'cart-1' }), endpoint('10.0.0.2')]) {
  const rig = factsRig();
  rig.cluster.set('endpointslices', slice('a', endpoints));
  rig.hear();
  rig.uses({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
  rig.step(10_000);
  const fact = (of: Observation): EndpointFact => {
    const answer = rig.facts.endpoint(of);
    assert.ok(answer.isKnown, JSON.stringify(answer));
    return answer.value;
  };
  const why = (of: Observation) => {
    const answer = rig.facts.endpoint(of);
    return answer.isKnown ? answer.value.state : `${answer.mayCome ? 'pending' : 'unknown'}: ${answer.why}`;
  };
  const ready = (of: Observation) => {
    const answer = rig.facts.readyEndpoints(of);
    return answer.isKnown ? answer.value.ready : answer.mayCome ? 'pending' : 'unknown';
  };
  return { ...rig, fact, why, ready };
}
