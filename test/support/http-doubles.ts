import type { Logger } from '../../src/contract/unit.ts';
import { NO_ADDRESSES } from '../../src/facts/upstream-comparison.ts';
import type { HttpWriters } from '../../src/http/http-metrics.ts';
import { HTTP_METRICS } from '../../src/http/http-metrics.ts';
import type { PageReport } from '../../src/http/page.ts';
import type {
  AddressStatus,
  MetricsSource,
  StatusReport,
  StatusSource,
  UpstreamsQuery,
  UpstreamsReport,
} from '../../src/http/views.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

/** In-memory sources for the servers of src/http, with what they counted and logged. */
export interface Doubles {
  readonly writers: HttpWriters;
  readonly log: Logger;
  readonly logged: { readonly level: string; readonly fields: object; readonly sentence: string }[];
  readonly metricsSource: MetricsSource & { behind: string | null; isReady: boolean; body: Buffer; scrapers: string[] };
  readonly statusSource: StatusSource & {
    report: StatusReport;
    upstreamsReport: UpstreamsReport;
    queries: UpstreamsQuery[];
    /** All that the page shows, instead of the reports. */
    page: PageReport | null;
  };
  /** The value of `name{label="value"}` in the registry, undefined when the series does not exist. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

export function createDoubles(): Doubles {
  const registry = new MetricRegistry({ now: () => Date.now() });
  const logged: Doubles['logged'] = [];
  const to = (level: string) => (fields: object, sentence: string) => void logged.push({ level, fields, sentence });
  const writers = registry.writers(HTTP_METRICS);
  return {
    writers,
    log: { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') },
    logged,
    metricsSource: {
      behind: null,
      isReady: true,
      body: Buffer.from('up 1\n'),
      scrapers: [],
      async render(format, scraper) {
        this.scrapers.push(scraper);
        const contentType =
          format === 'text'
            ? 'text/plain; version=0.0.4; charset=utf-8'
            : 'application/openmetrics-text; version=1.0.0; charset=utf-8';
        return { contentType, parts: [this.body.subarray(0, 2), this.body.subarray(2)], release: () => {} };
      },
      ready() {
        return { ready: this.isReady, reason: this.isReady ? '' : 'no configuration yet' };
      },
      catchingUp() {
        return this.behind;
      },
    },
    statusSource: {
      report: emptyReport(),
      upstreamsReport: emptyUpstreams(),
      queries: [],
      page: null,
      status() {
        return this.page?.status ?? this.report;
      },
      upstreams(query) {
        this.queries.push(query);
        return this.page?.upstreams ?? this.upstreamsReport;
      },
      incidents() {
        const incidents = this.page?.incidents ?? [];
        return { at: '2026-11-21T03:00:00.000Z', incidents, total: incidents.length, dropped: 0 };
      },
      incident(id) {
        return this.page?.incidents?.find((incident) => incident.id === id);
      },
      history() {
        return this.page?.history ?? { rows: [], leftOut: 0 };
      },
    },
    value(name, labels = {}) {
      const rows = [...(registry.get(name)?.entries() ?? [])];
      const row = rows.find(({ labels: own }) => Object.entries(labels).every(([key, value]) => own[key] === value));
      return row?.value;
    },
  };
}

export function emptyReport(): StatusReport {
  return {
    version: '0.1.0',
    startedAt: '2026-11-20T23:10:00.000Z',
    role: 'process',
    config: { source: 'defaults', lastReloadSuccessful: true, lastReloadAt: null },
    checkpoint: { state: 'disabled', detail: 'no directory given' },
    collectors: [],
    discovery: [],
    totals: [],
    links: [],
  };
}

/** A night with an incident, relative to `nowMs`. */
export function incidentReport(nowMs: number): StatusReport {
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();
  return {
    version: '0.1.0',
    startedAt: ago(14_520),
    role: 'process',
    config: { source: '/etc/badgateway/config.yaml', lastReloadSuccessful: true, lastReloadAt: ago(14_519) },
    checkpoint: { state: 'ok', detail: '/var/lib/badgateway, written 1 s ago' },
    collectors: [
      {
        name: 'nginx_error_log',
        state: 'ok',
        detail: '2 files, nothing left to read',
        lastSuccessAt: ago(0.3),
        durationMs: 0.42,
        targets: [
          { name: '/var/log/nginx/error.log', state: 'ok', detail: '18.2 MiB read' },
          { name: '/var/log/nginx/shop.error.log', state: 'ok', detail: '2.1 MiB read' },
        ],
      },
      {
        name: 'envoy_clusters',
        state: 'failed',
        detail: 'http://127.0.0.1:9901/clusters: no answer within 2 s',
        lastSuccessAt: ago(73),
        durationMs: 2000,
        targets: [{ name: '127.0.0.1:9901', state: 'failed', detail: 'timeout, next try in 8 s' }],
      },
      {
        name: 'conntrack',
        state: 'not_permitted',
        detail: 'nf_conntrack is not readable for uid 65534; run as the agent or disable conntrack',
        lastSuccessAt: null,
        durationMs: 0.1,
        targets: [],
      },
      {
        name: 'netstat',
        state: 'ok',
        detail: 'host network namespace',
        lastSuccessAt: ago(1),
        durationMs: 0.23,
        targets: [],
      },
      {
        name: 'nginx_status',
        state: 'absent',
        detail: 'no stub_status location in the configuration',
        lastSuccessAt: null,
        durationMs: null,
        targets: [],
      },
    ],
    discovery: [
      'nginx master 812: error logs /var/log/nginx/error.log and /var/log/nginx/shop.error.log (from /etc/nginx/nginx.conf).',
      'Envoy admin on 127.0.0.1:9901.',
      'No Envoy admin on ports 15000, 19000 and 19001: connection refused.',
      'No Kubernetes: no service account token and no kubeconfig given.',
    ],
    totals: [
      { gateway: 'edge', cause: 'connection_refused', count: 1893 },
      { gateway: 'edge', cause: 'no_live_upstreams', count: 402 },
      { gateway: 'mesh', cause: 'response_timeout', count: 96 },
      { gateway: 'edge', cause: 'header_too_big', count: 1 },
      { gateway: 'edge', cause: 'unidentified', count: 0 },
    ],
    links: [{ label: 'Documentation', href: 'https://example.org/badgateway' }],
  };
}

/** No proxy is seen, and no cluster. */
export function emptyUpstreams(): UpstreamsReport {
  const nothing = { freshness: 'unwatched', currentAt: null, objects: 0 } as const;
  return {
    at: '2026-11-21T03:00:00.000Z',
    counts: NO_ADDRESSES,
    ...{ notCompared: 0, truncated: 0, ownersDropped: 0, gateways: [], conditions: [], pods: [] },
    cluster: [
      { resource: 'endpointslices', ...nothing },
      { resource: 'services', ...nothing },
      { resource: 'pods', ...nothing },
    ],
  };
}

/** `text` stands in every place where a name comes from outside. One address is stale, foreign, missing and live each. */
export function driftReport(nowMs: number, text = 'shop_cart_80'): UpstreamsReport {
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();
  const subject = { namespace: 'gw', pod: 'edge-1', container: 'nginx', gateway: text };
  const counts = { ...NO_ADDRESSES, stale: 1, foreign: 1, missing: 1, live: 1 };
  const base = {
    why: '',
    since: ago(41),
    place: `${text}:88`,
    owner: { pod: `shop/${text}`, isCurrent: true },
  } as const;
  const addresses: AddressStatus[] = [
    { ...base, address: '10.2.71.14:8080', state: 'stale', owner: { pod: 'shop/cart-7', isCurrent: false } },
    { ...base, address: '10.2.71.15:8080', state: 'foreign', since: ago(600) },
    { ...base, address: '10.2.71.16:8080', state: 'missing', place: '', since: ago(7) },
    { ...base, address: `unix:/${text}`, state: '', why: 'unix', since: null, owner: null },
    { ...base, address: '10.2.71.13:8080', state: 'live' },
  ];
  const upstream = {
    ...{ name: text, isStatic: false, driftSince: ago(600), slicesChangedAt: ago(43), counts, addresses },
    service: { namespace: 'shop', name: text, port: '80' },
    mapping: { method: 'name', reason: text },
  } as const;
  return {
    ...emptyUpstreams(),
    ...{ at: ago(0), counts, notCompared: 1 },
    gateways: [
      { proxy: 'nginx', subject, source: 'nginx_config', readAt: ago(1), isOld: false, upstreams: [upstream] },
    ],
    cluster: [
      { resource: 'endpointslices', freshness: 'fresh', currentAt: ago(2), objects: 1204 },
      { resource: 'services', freshness: 'fresh', currentAt: ago(2), objects: 310 },
      { resource: 'pods', freshness: 'unwatched', currentAt: null, objects: 0 },
    ],
    conditions: [
      { condition: 'no_endpoints', subject, isActive: true, since: ago(90), evidence: text },
      { condition: 'truth_stale', subject, isActive: false, since: ago(900), evidence: '' },
    ],
  };
}
