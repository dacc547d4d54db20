import type { Observation } from '../contract/failure.ts';
import type { EndpointFact, Facts } from '../facts/facts.ts';
import { CAREFUL } from '../facts/gateway-limits.ts';
import { isInFlight } from './symptom-groups.ts';

/** What was sent to a pod before it went has failed after twice the 60 s that an answer is waited for by default. */
const IN_FLIGHT_MS = 120_000;

/** How long before a timeout at most the gateway began to wait; 0: they did not fail for one. */
export function waitedMs(of: Observation, facts: Facts): number {
  if (of.symptom !== 'connect_timeout' && of.symptom !== 'response_timeout') return 0;
  return (facts.timeout(of) ?? CAREFUL).mostMs;
}

/** The request had been sent to an endpoint, and while it was in flight that stopped being one: the gateway had the right address. */
export function wentInFlight(of: Observation, { state, sinceMs }: EndpointFact, facts: Facts): boolean {
  if (state !== 'stale' || !isInFlight(of) || sinceMs === null) return false;
  const timeout = facts.timeout(of);
  return timeout === null ? of.atMs - sinceMs < IN_FLIGHT_MS : sinceMs > of.sinceMs - timeout.mostMs;
}
