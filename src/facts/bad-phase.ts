import type { Observation } from '../contract/failure.ts';
import type { AddressPhase } from './endpoint-timeline.ts';
import { isWithin } from './phase-span.ts';

/** The last bad state of the span. One that is no longer ready may have failed first, all others were heard of late. */
export function lastBad(
  phases: readonly AddressPhase[],
  { sinceMs, atMs }: Observation,
  heardUntilMs: number,
): AddressPhase | undefined {
  for (let at = phases.length - 1; at >= 0; at--) {
    const { value, sinceMs: fromMs } = phases[at];
    if (value === 'live' || !isWithin(phases, at, sinceMs, heardUntilMs)) continue;
    if (value !== 'not_ready' || fromMs === null || fromMs <= atMs) return phases[at];
  }
  return undefined;
}

/** Since it was seen to appear; undefined: it was there before anybody looked. */
export function wasEverReady(phases: readonly AddressPhase[], until: AddressPhase): boolean | undefined {
  for (let at = phases.indexOf(until); at >= 0; at--) {
    const { value, at: located } = phases[at];
    if (value === 'live') return true;
    if (value === 'stale' && located.length === 0 && at < phases.indexOf(until)) return false;
  }
  return undefined;
}
