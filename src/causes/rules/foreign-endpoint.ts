import type { Observation } from '../../contract/failure.ts';
import type { EndpointFact } from '../../facts/facts.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { endpointSentence } from '../sentences.ts';
import { ANSWER_SYMPTOMS, CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer, isInFlight } from '../symptom-groups.ts';

/** An answer is waited for 60 s by default. */
const SLOW_MS = 75_000;

/** Another Service's pod has the address: whatever it answers, it was the wrong one to ask. */
export const foreignEndpoint: CauseRule = {
  cause: 'foreign_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, ...ANSWER_SYMPTOMS, 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of)) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) return unproved(endpoint);
    if (endpoint.value.state !== 'foreign' || !wasForeignWhenSent(of, endpoint.value)) return null;
    return proof(endpointSentence(of, endpoint.value));
  },
};

/** Addresses are used again within seconds: what is in flight may have been sent to the pod that had this one before. */
function wasForeignWhenSent(of: Observation, { sinceMs }: EndpointFact): boolean {
  if (sinceMs === null || !isInFlight(of)) return true;
  return sinceMs <= of.sinceMs - (of.symptom === 'response_timeout' ? SLOW_MS : 0);
}
