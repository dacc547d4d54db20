import type { Symptom } from '../contract/names.ts';
import { apportion } from '../parse/apportion.ts';
import type { Finding } from './envoy-failures.ts';
import { type ClusterGrowth, STAT } from './envoy-growth.ts';

/** Envoy tries nothing again that it refused itself, nor what broke off when the client had the headers. */
const NEVER_AGAIN: ReadonlySet<Symptom> = new Set([
  ...(['circuit_open', 'no_healthy_upstream', 'overload', 'truncated_response'] as const),
]);

/**
 * Tells the attempts without an answer that were tried again from those that ended a request, by their number: each retry is a failed attempt of
 * which no access log tells. Which of them it was is not known, so each finding has its part.
 */
export function markRetried(findings: readonly Finding[], { stats }: Pick<ClusterGrowth, 'stats'>): Finding[] {
  return mark(findings, stats[STAT.upstream_rq_retry] - stats[STAT['retry.upstream_rq_completed']]);
}

/** The same of 5xx that upstreams answered. */
export function markRetriedAnswers(findings: readonly Finding[], { stats }: Pick<ClusterGrowth, 'stats'>): Finding[] {
  return mark(findings, stats[STAT['retry.upstream_rq_5xx']]);
}

function mark(findings: readonly Finding[], retried: number): Finding[] {
  if (retried <= 0) return [...findings];
  const counts = findings.map(({ failure, symptom, count }) => (failure && !NEVER_AGAIN.has(symptom) ? count : 0));
  const all = counts.reduce((sum, count) => sum + count, 0);
  const parts = apportion(Math.min(retried, all), counts);
  return findings
    .flatMap((finding, at): Finding[] => [
      { ...finding, count: parts[at], isOnlyHere: true },
      { ...finding, count: finding.count - parts[at] },
    ])
    .filter(({ count }) => count > 0);
}
