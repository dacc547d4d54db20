import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { apportion } from '../parse/apportion.ts';
import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import type { ENVOY_METRICS, RESPONSE_CODES } from './envoy-metrics.ts';

export const EXACT_CODES = ['502', '503', '504'] as const;
export type ExactCode = (typeof EXACT_CODES)[number];
const CLASSES = ['1xx', '2xx', '3xx', '4xx'] as const;

/**
 * Answers that clients got in one poll, by `code`; the sum is exactly that of the connection managers' classes. The exact
 * 5xx come from the clusters' final answers (retried attempts stand under `retry.`) and from requests without a cluster;
 * an Envoy's own calls (authorization, shadowing) are in the clusters' figures too, so the class caps them.
 */
export function countAnswers(
  growths: ReadonlyMap<GlobalStat, number>,
  clusters: Readonly<Record<ExactCode, number>>,
): Map<(typeof RESPONSE_CODES)[number], number> {
  const growthOf = (stat: GlobalStat) => growths.get(stat) ?? 0;
  const serverErrors = growthOf('downstream_rq_5xx');
  const wanted = [clusters['502'], clusters['503'] + growthOf('no_cluster'), clusters['504']];
  const known = wanted.reduce((sum, count) => sum + count, 0);
  const parts = known > serverErrors ? apportion(serverErrors, wanted) : wanted;
  return new Map<(typeof RESPONSE_CODES)[number], number>([
    ...CLASSES.map((code) => [code, growthOf(`downstream_rq_${code}`)] as const),
    ...EXACT_CODES.map((code, index) => [code, parts[index]] as const),
    ['5xx_other', Math.max(0, serverErrors - known)],
  ]);
}

/** Leaves them to the access log where one is followed: it says every code, and of which upstream. */
export function publishAnswers(
  { metrics, traffic }: Pick<CollectorContext<typeof ENVOY_METRICS>, 'metrics' | 'traffic'>,
  subject: Subject,
  answers: ReadonlyMap<string, number>,
): void {
  if (traffic.isFollowed('envoy', subject)) return;
  for (const [code, amount] of answers)
    metrics.requests.inc({ ...subject, proxy: 'envoy', code, ...UNKNOWN_UPSTREAM }, amount);
}
