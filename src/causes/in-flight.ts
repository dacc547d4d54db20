import type { Observation } from '../contract/failure.ts';
import type { EndpointFact } from '../facts/facts.ts';
import { isInFlight } from './symptom-groups.ts';

/** An answer is waited for 60 s by default; what was sent to a pod before it went has failed after twice that. */
const IN_FLIGHT_MS = 120_000;

/** The request had been sent to an endpoint, and while it was in flight that stopped being one: the gateway had the right address. */
export function wentInFlight(of: Observation, { state, sinceMs }: EndpointFact): boolean {
  return state === 'stale' && isInFlight(of) && sinceMs !== null && of.atMs - sinceMs < IN_FLIGHT_MS;
}
