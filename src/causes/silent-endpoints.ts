import type { Observation } from '../contract/failure.ts';
import type { EndpointBehind, Facts, ListenerFact } from '../facts/facts.ts';
import { unproved } from './judging.ts';
import type { Judgement } from './rule.ts';

export interface SilentEndpoint {
  /** The failures as if its address had been asked. */
  readonly its: Observation;
  readonly listener: ListenerFact;
}

/**
 * The endpoints behind a Service's own address where nothing listens; nobody says which of all refused, so what listens must be known of each: a rule may refuse
 * beside it, and what is not known may be that. A judgement where that is not so, or where one is silent that `isMeant` does not mean.
 */
export function silentEndpoints(
  of: Observation,
  facts: Facts,
  behind: readonly EndpointBehind[],
  isMeant: (endpoint: EndpointBehind) => boolean,
): Judgement | readonly SilentEndpoint[] {
  const silent: SilentEndpoint[] = [];
  for (const endpoint of behind) {
    const its = { ...of, peer: endpoint.peer };
    const listener = facts.listener(its);
    if (!listener.isKnown) return unproved(listener);
    const { state, lastListenedMs, atMs } = listener.value;
    if (state === 'listening') continue;
    // Where the port never listened it may be the wrong one.
    const isOther = state === 'bound_to_loopback' || (state === 'port_mismatch' && lastListenedMs == null);
    if (isOther || !isMeant(endpoint)) return null;
    if (atMs < of.sinceMs) return 'wait';
    silent.push({ its, listener: listener.value });
  }
  return silent;
}

export function isList(found: Judgement | readonly SilentEndpoint[]): found is readonly SilentEndpoint[] {
  return Array.isArray(found);
}
