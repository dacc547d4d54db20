import type { Cause } from '../contract/names.ts';
import { CONDITIONS } from '../contract/upstream.ts';
import type { ConditionStatus } from '../http/views.ts';
import { REASONS } from '../incidents/condition-reasons.ts';
import type { Incident } from '../incidents/incident.ts';
import { nextOf, titleOf } from '../incidents/incident-words.ts';
import type { Looked } from './diagnose-report.ts';

export interface Span {
  readonly atMs: number;
  readonly sinceMs: number;
}

export interface ToldCondition {
  readonly incident: Incident;
  /** Causes of failures that it can be the reason of. */
  readonly explains: readonly Cause[];
}

/** Those of the time, and those whose bad state still holds. */
export function incidentsOf({ incidents }: Looked, { sinceMs }: Span): Incident[] {
  return incidents.incidents.filter(
    ({ lastMs, conditions }) => lastMs >= sinceMs || conditions.some(({ isActive }) => isActive),
  );
}

/** A bad state that stands alone, in the words of incidents. A newer badgateway may know names that have no words here. */
export function toldAsIncident({ condition, subject, since, evidence }: ConditionStatus, atMs: number): ToldCondition {
  const { gateway, namespace } = subject;
  const sinceMs = Date.parse(since);
  const told: Omit<Incident, 'title' | 'next'> = {
    ...{ id: '', isOpen: true, startedMs: sinceMs, lastMs: atMs, proxy: null, gateway, namespace },
    ...{ subjects: [subject], cause: null, affected: [], failures: 0, rate: 0, share: null },
    ...{ conditions: [{ condition, isActive: true, sinceMs, evidence }], causes: [], timeline: [] },
    ...{ samples: [], requestIds: [] },
  };
  if (!CONDITIONS.includes(condition))
    return { incident: { ...told, title: `gateway ${gateway}: ${condition} (${evidence})`, next: '' }, explains: [] };
  const words = { ...told, affectedCount: 0, failedMs: atMs };
  const { explains, fits } = REASONS[condition];
  return { incident: { ...told, title: titleOf(words), next: nextOf(words) }, explains: [...explains, ...fits] };
}
