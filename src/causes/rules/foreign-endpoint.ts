import type { Observation } from '../../contract/failure.ts';
import type { EndpointFact, Facts } from '../../facts/facts.ts';
import { waitedMs } from '../in-flight.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { endpointSentence } from '../sentences.ts';
import { ANSWER_SYMPTOMS, CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer, isInFlight } from '../symptom-groups.ts';

/** Another Service's pod has the address: whatever it answers, it was the wrong one to ask. */
export const foreignEndpoint: CauseRule = {
  cause: 'foreign_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, ...ANSWER_SYMPTOMS, 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of) && of.isUntold !== true) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) return unproved(endpoint);
    if (endpoint.value.state !== 'foreign' || !wasForeignWhenSent(of, endpoint.value, facts)) return null;
    return proof(endpointSentence(of, endpoint.value));
  },
};

/** Addresses are used again within seconds: what is in flight may have been sent to the pod that had this one before. */
function wasForeignWhenSent(of: Observation, { sinceMs, isLater }: EndpointFact, facts: Facts): boolean {
  if (isLater) return false;
  return sinceMs === null || !isInFlight(of) || sinceMs <= of.sinceMs - waitedMs(of, facts);
}
