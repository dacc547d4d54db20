import type { Observation } from '../contract/failure.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import { REWRITE_MS } from './endpoint-timeline.ts';
import { lastedMs, type Phase, within } from './phase-span.ts';

/**
 * How many were ready when they were fewest, without moments in which slices were rewritten; undefined: they are being rewritten. Of attempts that timed
 * out (`waited`) when they were most: they were begun long before, and one that was ready was there to be asked.
 */
export function readyDuring(
  phases: readonly Phase<number>[],
  { sinceMs, atMs }: Observation,
  { waited, nowMs }: { readonly waited: TimeoutRange | null; readonly nowMs: number },
): number | undefined {
  const inSpan = within(phases, sinceMs - (waited?.mostMs ?? 0), atMs);
  const lasting = inSpan.filter((phase) => lastedMs(phases, phase, nowMs) >= REWRITE_MS);
  const latest = inSpan.at(-1)!;
  if (latest === phases.at(-1) && !lasting.includes(latest)) return undefined;
  const counts = (lasting.length > 0 ? lasting : [latest]).map(({ value }) => value);
  return waited === null ? Math.min(...counts) : Math.max(...counts);
}
