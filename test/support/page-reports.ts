import type { PageReport } from '../../src/http/page.ts';
import type { CollectorStatus, StatusReport } from '../../src/http/views.ts';
import { driftReport, emptyReport, emptyUpstreams, incidentReport } from './http-doubles.ts';
import { busyHistory, quietHistory } from './page-history.ts';
import { overflowIncident, quietIncidents, staleIncident } from './page-incidents.ts';

function watched(nowMs: number): StatusReport {
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();
  const base = incidentReport(nowMs);
  const ok = (name: string, detail: string): CollectorStatus => {
    return { name, state: 'ok', detail, lastSuccessAt: ago(2), durationMs: 0.8, intervalMs: 5000, targets: [] };
  };
  return {
    ...base,
    role: 'node',
    collectors: [
      { ...base.collectors[0], intervalMs: 1000 },
      {
        ...ok('envoy', '1 Envoy'),
        targets: [{ name: '127.0.0.1:9901', state: 'ok', detail: 'mesh, 214 clusters' }],
      },
      ok('netstat', '14 networks'),
      ok('conntrack', '31,402 of 262,144 entries'),
      ok('listeners', '22 ports'),
      ok('nginx_workers', '4 workers of 1 nginx'),
      ok('nginx_config', '61 upstreams'),
      ok('kubernetes', '1,204 EndpointSlices, 310 Services'),
      { ...base.collectors[4] },
    ],
  };
}

function comparedUpstreams(nowMs: number) {
  const drift = driftReport(nowMs, 'edge');
  const [gateway] = drift.gateways;
  const live = gateway.upstreams[0].addresses.filter(({ state }) => state === 'live');
  const counts = { ...emptyUpstreams().counts, live: 1 };
  const upstreams = Array.from({ length: 61 }, (_, at) => {
    return { ...gateway.upstreams[0], name: `shop-${at}-80`, counts, addresses: live, driftSince: null };
  });
  return {
    ...drift,
    ...{ counts: { ...counts, live: 61 }, notCompared: 0, conditions: [] },
    gateways: [{ ...gateway, upstreams }],
  };
}

export function emptyPage(): PageReport {
  return {
    status: emptyReport(),
    upstreams: emptyUpstreams(),
    incidents: [],
    incidentsTotal: 0,
    history: { rows: [], leftOut: 0 },
  };
}

/** Everything is seen, nothing fails. */
export function healthyPage(nowMs: number): PageReport {
  const [, over] = quietIncidents(nowMs);
  const status = { ...watched(nowMs), totals: [{ gateway: 'edge', cause: 'app_error', count: 402 } as const] };
  return { status, upstreams: comparedUpstreams(nowMs), incidents: [over], incidentsTotal: 1, history: quietHistory() };
}

/** Two causes fail, one state is bad. */
export function incidentPage(nowMs: number): PageReport {
  const [condition, over] = quietIncidents(nowMs);
  return {
    status: { ...watched(nowMs), totals: incidentReport(nowMs).totals },
    upstreams: driftReport(nowMs, 'shop-cart-80'),
    incidents: [staleIncident(nowMs), overflowIncident(nowMs), condition, over],
    incidentsTotal: 4,
    history: busyHistory(),
  };
}

/** Nothing seems to fail, because two sources are silent. */
export function blindPage(nowMs: number): PageReport {
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();
  const healthy = healthyPage(nowMs);
  const collectors = healthy.status.collectors.map((one): CollectorStatus => {
    if (one.name === 'envoy')
      return {
        ...one,
        state: 'failed',
        detail: 'http://127.0.0.1:9901/clusters: no answer within 2 s',
        lastSuccessAt: ago(412),
        targets: [],
      };
    if (one.name === 'nginx_error_log') return { ...one, lastSuccessAt: ago(840) };
    return one;
  });
  const history = {
    rows: healthy.history.rows.map((one) => ({
      ...one,
      values: one.values.map((v, at) => (at > 80 ? Number.NaN : v)),
    })),
    leftOut: 0,
  };
  const upstreams = healthy.upstreams;
  const [slices, ...rest] = upstreams.cluster;
  return {
    ...healthy,
    status: { ...healthy.status, collectors },
    upstreams: {
      ...upstreams,
      counts: { ...upstreams.counts, live: 0, unknown: 61 },
      cluster: [{ ...slices, freshness: 'stale', currentAt: ago(900) }, ...rest],
    },
    history,
  };
}
