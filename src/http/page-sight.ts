import type { Html } from './html.ts';
import { html } from './html.ts';
import { ago } from './page-time.ts';
import { formatCount } from './page-words.ts';
import { proxyText } from './upstream-words.ts';
import type { CollectorStatus, StatusReport, UpstreamsReport } from './views.ts';

/** What is not seen while a source says nothing. */
const SUBJECTS: Readonly<Record<string, string>> = {
  nginx_error_log: 'failures that nginx logs',
  envoy: 'failures that Envoy counts',
  netstat: 'connections that the kernel drops',
  conntrack: 'whether a table of tracked connections is full',
  sockstat: 'sockets in use and waiting to close',
  nginx_status: 'connections and requests of nginx',
  nginx_config: 'the upstreams that nginx runs with',
  ingress_nginx: 'the upstreams that ingress-nginx runs with',
  nginx_plus: 'the upstreams of NGINX Plus',
  upstream_sockets: 'connections to upstreams',
  nginx_workers: 'crashes and limits of nginx workers',
  cgroups: 'memory limits and processes killed at them',
  listeners: 'accept queues and what listens',
  kubernetes: 'endpoints and pods of the cluster',
  endpoints_file: 'the endpoints of the file',
  audit: 'findings of the audit',
};
/** Without any of them no failed request is seen. */
const FAILURE_SOURCES = new Set(['nginx_error_log', 'envoy']);
const MOST_SHOWN = 6;
/** A poll may take so long before it is aborted. */
const PATIENCE_MS = 60_000;
const UNKNOWN_INTERVAL_MS = 300_000;

export interface Unseen {
  readonly source: string;
  readonly subject: string;
  readonly why: 'failed' | 'stale' | 'not permitted';
  /** ISO time when it was last seen; null: never. */
  readonly lastAt: string | null;
}

export interface Sight {
  /** Sources that failed or went silent. */
  readonly blind: readonly Unseen[];
  /** Sources that our rights do not reach. */
  readonly barred: readonly Unseen[];
  readonly watching: number;
  /** A log of nginx is read, or an Envoy. */
  readonly seesFailures: boolean;
}

/** What is seen, and what is not and why. */
export function lookAtSight({ collectors }: StatusReport, upstreams: UpstreamsReport, nowMs: number): Sight {
  const blind = [...collectors.flatMap((one) => blindSpots(one, nowMs)), ...blindInCluster(upstreams)];
  const barred = collectors.filter(({ state }) => state === 'not_permitted');
  const ok = collectors.filter(({ state }) => state === 'ok');
  return {
    blind,
    barred: barred.map(({ name }) => ({ ...unseen(name, 'not permitted'), lastAt: null })),
    watching: ok.length,
    seesFailures: ok.some(({ name }) => FAILURE_SOURCES.has(name)),
  };
}

/** Its last good poll is older than three intervals. */
export function isStale({ state, lastSuccessAt, intervalMs = UNKNOWN_INTERVAL_MS }: CollectorStatus, nowMs: number) {
  if (state !== 'ok' || lastSuccessAt === null) return false;
  return nowMs - Date.parse(lastSuccessAt) > 3 * intervalMs + PATIENCE_MS;
}

function blindSpots(collector: CollectorStatus, nowMs: number): Unseen[] {
  const { name, state, lastSuccessAt, targets } = collector;
  if (state === 'failed') return [{ ...unseen(name, 'failed'), lastAt: lastSuccessAt }];
  if (isStale(collector, nowMs)) return [{ ...unseen(name, 'stale'), lastAt: lastSuccessAt }];
  if (state !== 'ok') return [];
  const failed = targets.filter((target) => target.state === 'failed');
  return failed.map((target) => ({ ...unseen(name, 'failed'), source: `${name} ${target.name}`, lastAt: null }));
}

function unseen(name: string, why: Unseen['why']): Omit<Unseen, 'lastAt'> {
  return { source: name, subject: SUBJECTS[name] ?? `what ${name} watches`, why };
}

function blindInCluster({ cluster, counts, gateways }: UpstreamsReport): Unseen[] {
  const slices = cluster.find(({ resource }) => resource === 'endpointslices');
  const isOld = slices?.freshness === 'stale' && counts.unknown > 0;
  const old = gateways.filter((gateway) => gateway.isOld);
  return [
    ...(isOld
      ? [
          {
            source: 'endpointslices',
            subject: 'which addresses are stale',
            why: 'stale',
            lastAt: slices.currentAt,
          } as const,
        ]
      : []),
    ...old.map((gateway): Unseen => {
      const { source, readAt } = gateway;
      return { source, subject: `the upstreams of ${proxyText(gateway)}`, why: 'stale', lastAt: readAt };
    }),
  ];
}

/** `Not seen: …`, each with its source and since when. */
export function unseenList(list: readonly Unseen[], nowMs: number): Html {
  const shown = list.slice(0, MOST_SHOWN).map(({ source, subject, why, lastAt }) => {
    const since = lastAt !== null && html`, last seen ${ago(lastAt, nowMs)}`;
    return html`<li><bdi>${subject}</bdi> <span class="dim">(<code>${source}</code> ${why}${since})</span></li>`;
  });
  const hidden = list.length - MOST_SHOWN;
  return html`<ul class="unseen">${shown}${hidden > 0 && html`<li>and ${formatCount(hidden)} more, see “Sources” below</li>`}</ul>`;
}
