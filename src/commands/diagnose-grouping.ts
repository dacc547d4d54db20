import { explanationOf } from '../causes/index.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import { CAUSES, type Cause, type Symptom } from '../contract/names.ts';
import { CONDITIONS } from '../contract/upstream.ts';
import type { ConditionStatus, VerdictStatus } from '../http/views.ts';
import { REASONS } from '../incidents/condition-reasons.ts';
import type { CauseShare, Incident } from '../incidents/incident.ts';
import { nextOf, titleOf } from '../incidents/incident-words.ts';

const MOST_EVIDENCE = 10;
/** Failures within it: the incident is not over. */
const OPEN_MS = 5 * 60_000;

/** One incident for each gateway, upstream and cause: for a badgateway that keeps none. */
export function incidentsOfVerdicts(
  verdicts: readonly VerdictStatus[],
  { atMs, sinceMs }: { readonly atMs: number; readonly sinceMs: number },
): Incident[] {
  const groups = Map.groupBy(
    verdicts.filter(({ at }) => Date.parse(at) >= sinceMs),
    ({ gateway, proxy, cause, upstream, peer }) =>
      [gateway, proxy, cause, upstream === '' ? peer : upstream].join('\xff'),
  );
  return [...groups.values()].map((group) => incidentOf(group, atMs));
}

function incidentOf(group: readonly VerdictStatus[], nowMs: number): Incident {
  const [{ gateway, proxy, cause, upstream, peer }] = group;
  const moments = group.map(({ at }) => Date.parse(at));
  const [startedMs, lastMs] = [Math.min(...moments), Math.max(...moments)];
  const failures = group.reduce((sum, { count }) => sum + count, 0);
  const affected = [upstream === '' ? peer : upstream].filter((name) => name !== '');
  return worded(
    {
      ...{ id: '', isOpen: nowMs - lastMs <= OPEN_MS, startedMs, lastMs, proxy, gateway, namespace: '', subjects: [] },
      ...{ cause, conditions: [], affected, failures, rate: 0, share: null, timeline: [], samples: [] },
      causes: [shareOf(group, cause, failures)],
    },
    affected.length,
  );
}

function shareOf(group: readonly VerdictStatus[], cause: Cause, count: number): CauseShare {
  const symptoms = new Map<Symptom, number>();
  const peers = new Map<string, number>();
  for (const verdict of group) {
    symptoms.set(verdict.symptom, (symptoms.get(verdict.symptom) ?? 0) + verdict.count);
    peers.set(verdict.peer, (peers.get(verdict.peer) ?? 0) + verdict.count);
  }
  const upstream = { ...UNKNOWN_UPSTREAM, upstream: group[0].upstream };
  return {
    ...{ cause, count },
    symptoms: [...symptoms].map(([symptom, times]) => ({ symptom, count: times })).sort((a, b) => b.count - a.count),
    upstreams: [...peers]
      .map(([peer, times]) => ({ upstream, peer, count: times }))
      .sort((a, b) => b.count - a.count)
      .slice(0, 20),
    evidence: [...new Set(group.map(({ evidence }) => evidence))].filter((text) => text !== '').slice(0, MOST_EVIDENCE),
  };
}

/** A bad state that stands alone, in the words of incidents, and the causes that it would explain. */
export function conditionIncident(
  { condition, subject, since, evidence }: ConditionStatus,
  atMs: number,
): { readonly incident: Incident; readonly explains: readonly Cause[] } {
  const { gateway, namespace } = subject;
  const sinceMs = Date.parse(since);
  const incident = worded(
    {
      ...{ id: '', isOpen: true, startedMs: sinceMs, lastMs: atMs, proxy: null, gateway, namespace },
      ...{ subjects: [subject as Subject], cause: null, affected: [], failures: 0, rate: 0, share: null },
      ...{ conditions: [{ condition, isActive: true, sinceMs, evidence }], causes: [], timeline: [], samples: [] },
    },
    0,
  );
  const known = CONDITIONS.includes(condition) ? REASONS[condition] : undefined;
  return { incident, explains: known === undefined ? [] : [...known.explains, ...known.fits] };
}

/** A newer badgateway may know names that have no words here. */
function worded(incident: Omit<Incident, 'title' | 'next'>, affectedCount: number): Incident {
  const told = { ...incident, affectedCount, failedMs: incident.lastMs };
  const isKnown =
    incident.causes.every(({ cause }) => CAUSES.includes(cause) && explanationOf(cause) !== undefined) &&
    incident.conditions.every(({ condition }) => CONDITIONS.includes(condition));
  if (isKnown) return { ...incident, title: titleOf(told), next: nextOf(told) };
  const names = [...incident.causes.map(({ cause }) => cause), ...incident.conditions.map((one) => one.condition)];
  return { ...incident, title: `gateway ${incident.gateway}: ${names.join(', ')}`, next: '' };
}
