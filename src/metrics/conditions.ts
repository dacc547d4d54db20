import { gauge, type MetricTable, SUBJECT_LABELS, type Writers } from '../contract/metrics.ts';
import type { KnownCondition } from '../facts/conditions.ts';

export const CONDITION_METRICS = {
  active: gauge(
    'badgateway_condition_active',
    'Bad states that exist without a request: 1 while it holds, 0 while it does not, absent when it cannot be told.',
    [...SUBJECT_LABELS, 'condition'],
  ),
} as const satisfies MetricTable;

/** Shows every condition that can be told, and only those. */
export function publishConditions(
  { active }: Writers<typeof CONDITION_METRICS>,
  conditions: readonly KnownCondition[],
): void {
  active.reset();
  for (const { condition, subject, isActive } of conditions) active.set({ ...subject, condition }, isActive ? 1 : 0);
}
