import { proxyText } from '../http/upstream-words.ts';
import type { ConditionStatus, GatewayUpstreams, UpstreamStatus } from '../http/views.ts';
import type { Incident } from '../incidents/incident.ts';
import { incidentsOf, type Span, toldAsIncident } from './diagnose-incidents.ts';
import type { Finding, Looked } from './diagnose-report.ts';

/** A gateway that failed within it fails now. */
const NOW_MS = 60_000;
const MOST_EVIDENCE = 6;
const MOST_ADDRESSES = 5;
const DRIFT: readonly string[] = ['stale', 'foreign', 'port_drift'];
/** Causes that an address which should not be in use has already got. */
const DRIFT_CAUSES: readonly string[] = ['stale_endpoint', 'foreign_endpoint', 'port_mismatch'];

const iso = (ms: number) => new Date(ms).toISOString();

/** What fails now, then bad states, then drift, then what is over; of each the larger share first. */
export function findingsOf(looked: Looked, span: Span): Finding[] {
  const kept = incidentsOf(looked, span);
  const ofIncidents = kept.map((incident) => ofIncident(incident, 'incident', span.atMs));
  const lone = looked.upstreams.conditions.filter((condition) => condition.isActive && !isToldBy(kept, condition));
  const explained = new Set(kept.flatMap(({ causes }) => causes.map(({ cause }) => cause)));
  const ofConditions = mergeReplicas(lone).map((condition) => {
    const { incident, explains } = toldAsIncident(condition, span.atMs);
    return {
      ...ofIncident(incident, 'condition', span.atMs),
      explains: explains.some((cause) => explained.has(cause)),
    };
  });
  ofConditions.sort((a, b) => Number(b.explains) - Number(a.explains));
  return [
    ...ofIncidents,
    ...ofConditions.map(({ explains: _, ...finding }) => finding),
    ...driftOf(looked, kept, span.atMs),
  ].sort(byUrgency);
}

function byUrgency(a: Finding, b: Finding): number {
  return (
    rankOf(a) - rankOf(b) ||
    (b.share ?? -1) - (a.share ?? -1) ||
    b.failuresPerSecond - a.failuresPerSecond ||
    b.failures - a.failures
  );
}

function rankOf({ isNow, failures, kind }: Finding): number {
  if (!isNow) return 3;
  if (failures > 0) return 0;
  return kind === 'drift' ? 2 : 1;
}

function ofIncident(incident: Incident, kind: Finding['kind'], atMs: number): Finding {
  const { causes, conditions, failures, isOpen, lastMs } = incident;
  const isNow = isOpen && ((failures > 0 && atMs - lastMs <= NOW_MS) || conditions.some(({ isActive }) => isActive));
  return {
    ...{ kind, id: kind === 'incident' && incident.id !== '' ? incident.id : null, isNow, title: incident.title },
    ...{ gateway: incident.gateway, namespace: incident.namespace, cause: incident.cause, failures },
    ...{ failuresPerSecond: incident.rate, share: incident.share, affected: incident.affected },
    ...{ startedAt: iso(incident.startedMs), lastAt: iso(lastMs) },
    causes: causes.map(({ cause, count }) => ({ cause, count })),
    conditions: conditions.map(({ sinceMs, ...condition }) => ({ ...condition, since: iso(sinceMs) })),
    evidence: causes.flatMap(({ evidence }, index) => evidence.slice(0, index === 0 ? MOST_EVIDENCE : 2)),
    timeline: incident.timeline.map(({ atMs: momentMs, kind: what, text }) => ({
      at: iso(momentMs),
      kind: what,
      text,
    })),
    samples: incident.samples,
    next: incident.next,
  };
}

function isToldBy(incidents: readonly Incident[], { condition, subject }: ConditionStatus): boolean {
  return incidents.some(
    ({ gateway, namespace, conditions }) =>
      gateway === subject.gateway &&
      namespace === subject.namespace &&
      conditions.some((one) => one.condition === condition && one.isActive),
  );
}

/** Replicas of one gateway in the same state are one finding. */
function mergeReplicas(conditions: readonly ConditionStatus[]): ConditionStatus[] {
  const merged = new Map<string, ConditionStatus>();
  for (const one of conditions) {
    const key = [one.condition, one.subject.namespace, one.subject.gateway].join('\xff');
    const known = merged.get(key);
    if (known === undefined || one.since < known.since) merged.set(key, one);
  }
  return [...merged.values()];
}

/** Addresses in use that should not be, where no incident says so already. */
function driftOf({ upstreams: { gateways } }: Looked, incidents: readonly Incident[], atMs: number): Finding[] {
  return gateways.flatMap((gateway) =>
    gateway.upstreams
      .filter(({ counts }) => counts.stale + counts.foreign + counts.port_drift > 0)
      .filter((upstream) => !isCharged(incidents, gateway, upstream))
      .map((upstream) => driftFinding(gateway, upstream, atMs)),
  );
}

function isCharged(incidents: readonly Incident[], { subject }: GatewayUpstreams, { name, service }: UpstreamStatus) {
  return incidents
    .filter((incident) => incident.isOpen && incident.gateway === subject.gateway)
    .flatMap(({ causes }) => causes)
    .filter(({ cause }) => DRIFT_CAUSES.includes(cause))
    .some(({ upstreams }) =>
      upstreams.some(
        ({ upstream }) =>
          upstream.upstream === name ||
          (service !== null &&
            upstream.upstream_service === service.name &&
            upstream.upstream_namespace === service.namespace),
      ),
    );
}

function driftFinding(of: GatewayUpstreams, upstream: UpstreamStatus, atMs: number): Finding {
  const { subject } = of;
  const { name, service, addresses, driftSince, counts } = upstream;
  const wrong = addresses.filter(({ state }) => DRIFT.includes(state));
  const who = service === null ? name : `${service.namespace}/${service.name}`;
  const total = counts.stale + counts.foreign + counts.port_drift;
  const many = total === 1 ? 'an address' : `${total} addresses`;
  return {
    ...{ kind: 'drift', id: null, isNow: true, cause: null, failures: 0, failuresPerSecond: 0, share: null },
    title: `${who}: ${proxyText(of)} uses ${many} that ${total === 1 ? 'is' : 'are'} no endpoint of it; no request has failed yet`,
    ...{
      gateway: subject.gateway,
      namespace: subject.namespace,
      affected: [service === null ? name : `${who}:${service.port}`],
    },
    ...{ startedAt: driftSince ?? iso(atMs), lastAt: iso(atMs), causes: [], conditions: [], timeline: [], samples: [] },
    evidence: wrong.slice(0, MOST_ADDRESSES).map(({ address, state, place, owner }) => {
      const had = owner === null ? '' : `, ${owner.isCurrent ? 'now' : 'last'} of pod ${owner.pod}`;
      return `${address} is ${state.replace('_', ' ')}${had}${place === '' ? '' : `, ${place}`}`;
    }),
    next: `badgateway upstreams --upstream ${name}; then reload or restart the gateway, and see why its controller did not`,
  };
}
