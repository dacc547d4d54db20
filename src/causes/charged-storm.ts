import type { Observation } from '../contract/failure.ts';
import type { Cause } from '../contract/names.ts';
import type { Facts } from '../facts/facts.ts';
import { unproved } from './judging.ts';
import type { Judgement } from './rule.ts';

const STORMS: ReadonlySet<Cause> = new Set(['no_live_upstreams', 'no_healthy_upstream']);

/** Charges a storm to the failures that took the peers down. Nothing known of them: the general cause remains. */
export function chargeStorm(of: Observation, facts: Facts): Judgement {
  const downed = facts.downed(of);
  if (!downed.isKnown) return unproved(downed);
  // A storm is no reason of a storm.
  const charges = downed.value.filter(({ cause, weight }) => weight > 0 && !STORMS.has(cause));
  return charges.length > 0 ? { charges } : null;
}
