import { wentInFlight } from '../in-flight.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { endpointSentence } from '../sentences.ts';
import { CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer } from '../symptom-groups.ts';

/**
 * The address is no endpoint of the Service any more and the gateway still uses it. Not when somebody there answers (TLS, 5xx): the pod may
 * live on without its Service, and what it answers has reasons of its own.
 */
export const staleEndpoint: CauseRule = {
  cause: 'stale_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of)) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) return unproved(endpoint);
    if (endpoint.value.state !== 'stale' || endpoint.value.isLater) return null;
    if (wentInFlight(of, endpoint.value, facts)) return null;
    return proof(endpointSentence(of, endpoint.value));
  },
};
