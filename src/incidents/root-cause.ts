import { GENERAL_CAUSES } from '../causes/general.ts';
import { ANSWER_SYMPTOMS, CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS } from '../causes/symptom-groups.ts';
import type { Cause, Symptom } from '../contract/names.ts';

/** They say what was seen, not why: a precise cause of failures that looked the same is likely theirs too. */
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
/** What is seen when peers have failed before, in whatever way. */
const STORMS: ReadonlySet<Cause> = new Set(['no_live_upstreams', 'no_healthy_upstream']);
const TAKES_PEERS_DOWN: ReadonlySet<Symptom> = new Set([
  ...CONNECT_SYMPTOMS,
  ...IN_FLIGHT_SYMPTOMS,
  ...ANSWER_SYMPTOMS,
]);
/** A precise cause needs so much of what looked the same to stand before it. */
const LEAST_SHARE = 0.25;

/** A cause as it was counted in one incident. */
export interface Counted {
  readonly cause: Cause;
  readonly count: number;
  /** What was said of its failures. */
  readonly symptoms: readonly { readonly symptom: Symptom }[];
}

/**
 * The causes with the root cause first: the one with the most failures. To a precise one that was proved of a fair share belong those
 * that only looked like its own and of which nothing could be proved.
 */
export function ranked<T extends Counted>(causes: readonly T[]): T[] {
  const weights = new Map(causes.map((one) => [one, one.count]));
  for (const [precise, vague] of claims(causes)) {
    const together = vague.reduce((sum, { count }) => sum + count, precise.count);
    if (precise.count >= together * LEAST_SHARE) weights.set(precise, together);
  }
  const order = (a: T, b: T) =>
    weights.get(b)! - weights.get(a)! ||
    Number(VAGUE.has(a.cause)) - Number(VAGUE.has(b.cause)) ||
    Number(a.cause === 'unidentified') - Number(b.cause === 'unidentified');
  // The sort is stable: of equals the earliest.
  return [...causes].sort(order);
}

/** The general causes that look like a precise one, each with the precise one of the most failures that it looks like. */
function claims<T extends Counted>(causes: readonly T[]): Map<T, T[]> {
  const claimed = new Map<T, T[]>();
  const precise = causes.filter(({ cause }) => !VAGUE.has(cause)).sort((a, b) => b.count - a.count);
  for (const vague of causes) {
    if (!VAGUE.has(vague.cause)) continue;
    const claimant = precise.find((one) => one.symptoms.some(({ symptom }) => isIts(symptom, vague.cause)));
    if (claimant !== undefined) claimed.set(claimant, [...(claimed.get(claimant) ?? []), vague]);
  }
  return claimed;
}

/** Failures with this symptom have the general cause when nothing more can be proved, or lead to it. */
function isIts(symptom: Symptom, cause: Cause): boolean {
  return STORMS.has(cause) ? TAKES_PEERS_DOWN.has(symptom) : GENERAL_CAUSES[symptom] === cause;
}
