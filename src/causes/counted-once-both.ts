import type { Observation } from '../contract/failure.ts';
import { isRefusal } from './counted-once-keys.ts';
import { TELLS_LESS } from './counted-once-sources.ts';

/** What the log says of the failure, and what the other source says it was. Facts are asked for from `readMs` on. */
export function toldByBoth(vague: Observation, other: Observation, readMs: number): Observation {
  if (isRefusal(vague)) {
    const { symptom } = other.isRefused ? other : vague;
    return { ...(other.failure ? { ...other, readMs } : vague), symptom };
  }
  const { symptom, said } = other;
  // Without details Envoy's flag for a circuit breaker is also one for maintenance.
  const isOther = other.loggedAs === vague.symptom || (vague.symptom === 'circuit_open' && symptom !== 'circuit_open');
  const told = vague.symptom === 'other' || isOther ? { symptom, source: TELLS_LESS.envoy } : {};
  const peer = vague.peer ?? other.peer;
  const upstream = vague.upstream.upstream === '' ? other.upstream : vague.upstream;
  return { ...vague, ...told, peer, upstream, readMs, ...(said === undefined ? {} : { said }) };
}
