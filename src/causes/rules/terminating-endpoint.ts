import type { Observation } from '../../contract/failure.ts';
import type { EndpointFact, Facts } from '../../facts/facts.ts';
import { waitedMs, wentInFlight } from '../in-flight.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { endpointSentence, endSentence } from '../sentences.ts';
import { CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer } from '../symptom-groups.ts';

/** The pod is being deleted, or was while the request was in flight. */
export const terminatingEndpoint: CauseRule = {
  cause: 'terminating_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of)) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) return unproved(endpoint);
    if (wentInFlight(of, endpoint.value, facts))
      return proof(`the pod went while the request was in flight: ${endpointSentence(of, endpoint.value)}`);
    if (endpoint.value.state !== 'terminating' || endpoint.value.isLater) return null;
    if (of.symptom === 'response_timeout') return judgeSilence(of, facts, endpoint.value);
    return proof(endpointSentence(of, endpoint.value));
  },
};

/** A pod that terminates may still work, and be slow as before: only one whose container has ended is silent for that. */
function judgeSilence(of: Observation, facts: Facts, endpoint: EndpointFact): Judgement {
  const ends = facts.ends(of, 'peer', waitedMs(of, facts));
  if (!ends.isKnown) return unproved(ends);
  const [last] = ends.value;
  return last === undefined ? null : proof(endpointSentence(of, endpoint), endSentence(last, of.atMs));
}
