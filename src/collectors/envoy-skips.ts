import type { Subject, Writers } from '../contract/metrics.ts';
import type { StatsSkips } from '../parse/envoy-stats.ts';
import type { EnvoyMemory } from './envoy-memory.ts';
import type { ENVOY_METRICS } from './envoy-metrics.ts';

/** Counts what one poll left out. */
export function countSkips(
  metrics: Pick<Writers<typeof ENVOY_METRICS>, 'skipped'>,
  subject: Subject,
  skips: StatsSkips,
  { listeners, memory }: { readonly listeners: number; readonly memory: EnvoyMemory },
): void {
  const { overflowed } = memory;
  memory.overflowed = 0;
  for (const [reason, count] of [
    ['unsafe_value', skips.unsafeValue],
    ['long_line', skips.longLine],
    ['table_full', overflowed],
    ['listener_limit', listeners],
  ] as const)
    metrics.skipped.inc({ ...subject, reason }, count);
}
