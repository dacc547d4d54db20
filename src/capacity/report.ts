import { type Action, rankActions } from './actions.ts';
import { type ResourceHistory, type Row, readHistory, useOf, type Window } from './history.ts';
import type { PrometheusClient } from './prometheus.ts';
import { RESOURCES, type Resource } from './resources.ts';

/** A resource of which Prometheus has nothing: not healthy, not seen. */
export interface Missing {
  readonly resource: Resource;
  /** A sentence. */
  readonly why: string;
}

export interface CapacityReport {
  /** Address of the Prometheus. */
  readonly place: string;
  readonly window: Window;
  /** The fullest first. */
  readonly rows: readonly Row[];
  readonly missing: readonly Missing[];
  readonly actions: readonly Action[];
  /** Sentences: what was left out, and what is gone. */
  readonly notes: readonly string[];
  readonly queries: number;
  readonly points: number;
}

const MOST_NAMED = 5;
const BUCKETS = 'badgateway_conntrack_buckets';

/** Asks for all resources. @throws Error that says what to do. */
export async function readReport(client: PrometheusClient, window: Window): Promise<CapacityReport> {
  const selector = window.matchers === '' ? '' : `{${window.matchers}}`;
  const states = await client.instant(
    `count by (collector, state) (last_over_time(badgateway_collector_state${selector}[30m]) == 1)`,
    window.endSeconds,
  );
  const histories: ResourceHistory[] = [];
  for (const resource of RESOURCES) histories.push(await readHistory(resource, window, client));
  const rows = histories.flatMap((history) => history.rows).sort((a, b) => useOf(b) - useOf(a));
  const missing = histories
    .filter((history) => history.rows.length === 0)
    .map(({ resource, gone }) => ({
      resource,
      why: whyMissing(
        resource,
        gone.length,
        states.map(({ labels }) => labels),
      ),
    }));
  const hasBuckets = rows.some(({ resource }) => resource.id === 'conntrack');
  const buckets = hasBuckets
    ? await client.instant(`max(last_over_time(${BUCKETS}${selector}[30m]))`, window.endSeconds)
    : [];
  const [bucketCount = null] = buckets[0]?.points.values() ?? [];
  return {
    ...{ place: client.place, window, rows, missing },
    actions: rankActions(rows, bucketCount),
    notes: histories.flatMap(notesOf),
    ...{ queries: client.queries, points: client.points },
  };
}

function whyMissing(resource: Resource, gone: number, states: readonly Readonly<Record<string, string>>[]): string {
  if (gone > 0) return `nothing in the last day, though there was before: ${gone} gone, or not scraped any more`;
  const metric = typeof resource.use === 'string' ? resource.use : resource.use.counters.join(' or ');
  const own = states.filter(({ collector }) => resource.collectors.includes(collector));
  const named = [...new Set(own.map(({ collector, state }) => `${collector}: ${state}`))].sort().join(', ');
  return `no ${metric} in the window; it needs ${resource.needs}${named === '' ? '' : ` (${named})`}`;
}

function notesOf({ resource, rows, skipped, gone }: ResourceHistory): string[] {
  return [
    skipped > 0 &&
      `${resource.title}: ${skipped} more with less use are left out (at most ${rows.length}); narrow it with --match`,
    gone.length > 0 &&
      rows.length > 0 &&
      `${resource.title}: ${gone.length} without a value in the last day, gone or not scraped: ${namesOf(gone)}`,
  ].filter((note) => note !== false);
}

function namesOf(gone: readonly Row['labels'][]): string {
  const names = gone.slice(0, MOST_NAMED).map(subjectOf).join(', ');
  return gone.length > MOST_NAMED ? `${names}, …` : names;
}

/** What people call it: `edge/gateway`, `gateway on node-1`, with upstream, port and the like behind it. */
export function subjectOf(labels: Row['labels']): string {
  const {
    cluster,
    namespace,
    gateway,
    node,
    instance,
    netns,
    autoscaler,
    upstream_service,
    upstream_namespace,
    upstream,
  } = labels;
  const who =
    autoscaler ?? gateway ?? (netns === 'pod' ? 'pods' : netns === undefined ? '' : `network of the ${netns}`);
  const where = node ?? instance;
  const service = upstream_service && `${upstream_namespace ? `${upstream_namespace}/` : ''}${upstream_service}`;
  return [
    cluster && `${cluster}:`,
    `${namespace ? `${namespace}/` : ''}${who}`,
    where && `on ${where}`,
    (upstream ?? service) && `→ ${upstream ?? ''}${service && service !== upstream ? ` (${service})` : ''}`,
    labels.container && labels.container !== gateway && `container ${labels.container}`,
    labels.port && `port ${labels.port}`,
    labels.breaker,
  ]
    .filter(Boolean)
    .join(' ');
}
