import type { Cause } from '../contract/names.ts';

/** They say what was seen, not why: a more precise cause beside them is likely theirs too. */
const VAGUE: ReadonlySet<Cause> = new Set([
  'connection_refused',
  'no_route_to_host',
  'connect_timeout',
  'response_timeout',
  'premature_close',
  'connection_reset',
  'truncated_response',
  'no_live_upstreams',
  'no_healthy_upstream',
  'unidentified',
]);
/** A precise cause needs so much of all failures to stand before a vague one with more. */
const LEAST_SHARE = 0.25;

/** The causes with the root cause first: the one with the most failures, but a precise one before a vague one if it has a fair share. */
export function ranked<T extends { readonly cause: Cause; readonly count: number }>(causes: readonly T[]): T[] {
  const total = causes.reduce((sum, { count }) => sum + count, 0);
  const isRoot = ({ cause, count }: T) => !VAGUE.has(cause) && count >= total * LEAST_SHARE;
  const order = (a: T, b: T) =>
    b.count - a.count ||
    Number(VAGUE.has(a.cause)) - Number(VAGUE.has(b.cause)) ||
    Number(a.cause === 'unidentified') - Number(b.cause === 'unidentified');
  // The sort is stable: of equals the earliest.
  return [...causes].sort((a, b) => Number(isRoot(b)) - Number(isRoot(a)) || order(a, b));
}
