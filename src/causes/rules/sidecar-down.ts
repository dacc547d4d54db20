import type { Observation } from '../../contract/failure.ts';
import type { Facts } from '../../facts/facts.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { peerOf } from '../sentences.ts';
import { BROKEN_SYMPTOMS } from '../symptom-groups.ts';

/**
 * Connections of the gateway's or of the peer's pod are redirected to an Envoy that is not there: new ones are refused, old ones were cut.
 * What stays inside the pod is not redirected.
 */
export const sidecarDown: CauseRule = {
  cause: 'sidecar_down',
  symptoms: new Set(['connect_refused', 'connect_reset', ...BROKEN_SYMPTOMS]),
  judge(of, facts) {
    if (!isRemote(of)) return null;
    const own = facts.condition(of, 'gateway', 'sidecar_down');
    if (own.isKnown && own.value.isActive)
      return proof(`connections of the gateway’s pod go through a sidecar, and it is down: ${own.value.evidence}`);
    return judgePeer(of, facts) ?? unproved(own);
  },
};

function judgePeer(of: Observation, facts: Facts): Judgement {
  const endpoint = facts.endpoint(of);
  // Of a pod that starts or ends, the sidecar is not there yet or not there any more; the pod's state says it better.
  if (endpoint.isKnown && endpoint.value.state !== 'live') {
    const { state, wasReady } = endpoint.value;
    if (state !== 'not_ready' || wasReady === false) return null;
  }
  const condition = facts.condition(of, 'peer', 'sidecar_down');
  if (!condition.isKnown) return unproved(condition);
  if (!condition.value.isActive) return null;
  if (!endpoint.isKnown && endpoint.mayCome) return 'wait';
  return proof(
    `connections to ${peerOf(of)} go through a sidecar in its pod, and it is down: ${condition.value.evidence}`,
  );
}
