import type { Observation } from '../../contract/failure.ts';
import type { EndpointFact, Facts } from '../../facts/facts.ts';
import { waitedMs } from '../in-flight.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { endpointSentence } from '../sentences.ts';
import { CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer, isInFlight } from '../symptom-groups.ts';

/** What is broken off sooner had been sent while the pod was ready: that it broke off is why it is not ready. */
const BROKEN_MS = 10_000;

/** The pod is not ready, and the gateway asks it all the same. */
export const notReadyEndpoint: CauseRule = {
  cause: 'not_ready_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, 'upstream_5xx', 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of)) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) return unproved(endpoint);
    if (endpoint.value.state !== 'not_ready' || !wasNotReadyWhenSent(of, endpoint.value, facts)) return null;
    const never = endpoint.value.wasReady === false ? ['it has never been ready: it starts'] : [];
    return proof(endpointSentence(of, endpoint.value), ...never);
  },
};

function wasNotReadyWhenSent(of: Observation, { sinceMs, wasReady, isLater }: EndpointFact, facts: Facts): boolean {
  if (wasReady === false) return true;
  if (isLater) return false;
  // An application that breaks answers 5xx and is not ready any more: the one is not why the other is.
  if (of.symptom === 'upstream_5xx') return wasReady !== true && (sinceMs === null || sinceMs <= of.sinceMs);
  if (sinceMs === null) return true;
  // A program that is slow fails its readiness probe too.
  if (of.symptom === 'response_timeout') return sinceMs <= of.sinceMs - waitedMs(of, facts);
  return isInFlight(of) ? sinceMs <= of.sinceMs - BROKEN_MS : sinceMs <= of.atMs;
}
