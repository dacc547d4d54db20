import { ENDPOINT_STATES } from '../contract/endpoint.ts';
import {
  gauge,
  type MetricTable,
  SUBJECT_LABELS,
  UPSTREAM_LABELS,
  type UpstreamIdentity,
  type Writers,
} from '../contract/metrics.ts';
import { MAPPING_METHODS, type TrackedUpstream } from '../facts/tracked-upstream.ts';
import type { ComparedUpstream } from '../facts/upstream-comparison.ts';
import { isNamedByAddress, labelsOf, NO_NAME } from '../facts/upstream-identity.ts';

export const UPSTREAM_METRICS = {
  endpoints: gauge(
    'badgateway_upstream_endpoints',
    'Addresses that the running proxy uses for an upstream, by what the EndpointSlices say of them; missing: ready endpoints that it does not use. live is always there, other states only while there is such an address.',
    [...SUBJECT_LABELS, 'proxy', ...UPSTREAM_LABELS, 'state'],
  ),
  driftSince: gauge(
    'badgateway_upstream_drift_since_timestamp_seconds',
    'Since when the oldest address is in use that should not be (stale, foreign, port_drift); absent without one.',
    [...SUBJECT_LABELS, 'proxy', ...UPSTREAM_LABELS],
  ),
  mapping: gauge(
    'badgateway_upstream_mapping',
    'Upstreams by how the Service behind them was found; none: not found, their addresses are unknown, never stale.',
    [...SUBJECT_LABELS, 'proxy', 'method'],
  ),
} as const satisfies MetricTable;

/** That it is 0 is news. */
const ALWAYS_SHOWN = 'live';

interface Shown {
  readonly tracked: TrackedUpstream;
  readonly labels: UpstreamIdentity & Readonly<Record<'namespace' | 'pod' | 'container' | 'gateway' | 'proxy', string>>;
}

/** The series of upstreams: written when something has changed, gone when the upstream is. */
export class UpstreamSeries {
  readonly #writers: Writers<typeof UPSTREAM_METRICS>;
  readonly #shown = new Map<string, Shown>();

  constructor(writers: Writers<typeof UPSTREAM_METRICS>) {
    this.#writers = writers;
  }

  publish(upstreams: readonly TrackedUpstream[]): void {
    const shown = mergeAddresses(upstreams);
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, before] of this.#shown) if (!keys.has(key)) this.#hide(key, before);
    for (const tracked of shown) this.#show(tracked);
    this.#countMethods(upstreams);
  }

  #show(tracked: TrackedUpstream): void {
    const before = this.#shown.get(tracked.key);
    if (before?.tracked.compared === tracked.compared && before.tracked.mapped === tracked.mapped) return;
    const { endpoints, driftSince } = this.#writers;
    const labels = seriesLabels(tracked);
    if (before && labelKey(before.labels) !== labelKey(labels)) this.#hide(tracked.key, before);
    const { counts, driftSinceMs } = tracked.compared;
    for (const state of ENDPOINT_STATES) {
      // Most upstreams have nothing but live addresses: one series instead of eight.
      if (counts[state] > 0 || state === ALWAYS_SHOWN) endpoints.set({ ...labels, state }, counts[state]);
      else if (before && before.tracked.compared.counts[state] > 0) endpoints.remove({ ...labels, state });
    }
    if (driftSinceMs === null) driftSince.remove(labels);
    else driftSince.set(labels, driftSinceMs / 1000);
    this.#shown.set(tracked.key, { tracked, labels });
  }

  #hide(key: string, { labels }: Shown): void {
    for (const state of ENDPOINT_STATES) this.#writers.endpoints.remove({ ...labels, state });
    this.#writers.driftSince.remove(labels);
    this.#shown.delete(key);
  }

  #countMethods(upstreams: readonly TrackedUpstream[]): void {
    const { mapping } = this.#writers;
    mapping.reset();
    for (const { view, mapped } of upstreams) {
      const gateway = { ...view.subject, proxy: view.proxy };
      for (const method of MAPPING_METHODS) mapping.inc({ ...gateway, method }, method === mapped.method ? 1 : 0);
    }
  }
}

/** Those that have no other name than their address are one upstream for each Service. */
function mergeAddresses(upstreams: readonly TrackedUpstream[]): TrackedUpstream[] {
  const named: TrackedUpstream[] = [];
  const merged = new Map<string, TrackedUpstream>();
  for (const tracked of upstreams) {
    if (!isNamedByAddress(tracked.upstream.name)) {
      named.push(tracked);
      continue;
    }
    const key = `${NO_NAME} ${labelKey(seriesLabels(tracked))}`;
    const other = merged.get(key);
    merged.set(key, { ...tracked, key, compared: sumOf(other?.compared, tracked.compared) });
  }
  return [...named, ...merged.values()];
}

function sumOf(one: ComparedUpstream | undefined, other: ComparedUpstream): ComparedUpstream {
  if (one === undefined) return { ...other };
  const counts = { ...one.counts };
  for (const state of ENDPOINT_STATES) counts[state] += other.counts[state];
  const since = [one.driftSinceMs, other.driftSinceMs].filter((ms) => ms !== null);
  return { ...one, counts, driftSinceMs: since.length === 0 ? null : Math.min(...since) };
}

function seriesLabels(tracked: TrackedUpstream): Shown['labels'] {
  return { ...tracked.view.subject, proxy: tracked.view.proxy, ...labelsOf(tracked) };
}

function labelKey(labels: Shown['labels']): string {
  return Object.values(labels).join('\xff');
}
