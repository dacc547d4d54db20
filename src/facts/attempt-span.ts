import type { Observation } from '../contract/failure.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import type { AddressPhase } from './endpoint-timeline.ts';
import { isWithin, lastWithin } from './phase-span.ts';

/** What an address was when attempts were begun that failed later. */
export interface AttemptPhase {
  readonly phase: AddressPhase;
  /** It may have been live when they were begun: that it is not any more proves nothing of them. */
  readonly isLater?: true;
  /** It is something else by now, not live either. */
  readonly isOver?: true;
}

/**
 * An attempt to connect that timed out was begun as long before (`waited`): the SYN was sent to what the address was then. `bad`: what it was when
 * they failed. `lookedSinceMs`: what was before nobody knows.
 */
export function whenBegun(
  phases: readonly AddressPhase[],
  { sinceMs, atMs }: Observation,
  { bad, waited, lookedSinceMs }: { bad: AddressPhase; waited: TimeoutRange | null; lookedSinceMs: number },
): AttemptPhase {
  if (waited === null) return { phase: bad };
  const beganMs = sinceMs - waited.mostMs;
  const isUnseen = phases[0].sinceMs === null && lookedSinceMs > beganMs && isWithin(phases, 0, beganMs, atMs);
  if (isUnseen || isAnyLive(phases, beganMs, atMs)) return { phase: bad, isLater: true };
  const phase = lastWithin(phases, beganMs, atMs - waited.leastMs);
  return phase === bad ? { phase } : { phase, isOver: true };
}

function isAnyLive(phases: readonly AddressPhase[], fromMs: number, untilMs: number): boolean {
  for (let at = 0; at < phases.length; at++)
    if (phases[at].value === 'live' && isWithin(phases, at, fromMs, untilMs)) return true;
  return false;
}
