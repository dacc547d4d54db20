import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { PageReport } from '../../src/http/page.ts';
import type { CollectorStatus, StatusReport } from '../../src/http/views.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { HISTORY_STEPS, type HistoryFamily, type HistoryReport } from '../../src/metrics/history.ts';
import { driftReport, emptyReport, emptyUpstreams, incidentReport } from './http-doubles.ts';

const SUBJECT = { namespace: 'ingress', pod: 'edge-6d9f-x2x7q', container: 'nginx', gateway: 'edge' };
const CART = {
  upstream: 'shop-cart-80',
  upstream_namespace: 'shop',
  upstream_service: 'cart',
  upstream_port: '80',
};

/** A pod's address that nginx still has after a rollout, with all that an incident can say. */
export function staleIncident(nowMs: number, id = 'i3f9a0c21b7de'): Incident {
  const at = (secondsAgo: number) => nowMs - secondsAgo * 1000;
  const clock = (secondsAgo: number) => new Date(at(secondsAgo)).toISOString().slice(11, 19);
  return {
    id,
    isOpen: true,
    startedMs: at(262),
    lastMs: at(1),
    proxy: 'nginx',
    gateway: 'edge',
    namespace: 'ingress',
    subjects: [SUBJECT, { ...SUBJECT, pod: 'edge-6d9f-k8w2p' }],
    cause: 'stale_endpoint',
    conditions: [],
    affected: ['shop/cart:80'],
    failures: 1893,
    rate: 12.4,
    share: 0.0184,
    causes: [
      {
        cause: 'stale_endpoint',
        count: 1702,
        symptoms: [
          { symptom: 'connect_timeout', count: 1201 },
          { symptom: 'host_unreachable', count: 501 },
        ],
        upstreams: [{ upstream: CART, peer: '10.2.71.14:8080', count: 1702 }],
        evidence: [
          `10.2.71.14 left the EndpointSlices of shop/cart at ${clock(269)}; nginx still has it (/etc/nginx/conf.d/shop.conf:88), its workers began at ${clock(1130)}`,
          `the pod shop/cart-7c9d-h2k4n that had the address is gone since ${clock(267)}`,
          '2 of 2 replicas of edge still have the address; the configuration was last read 14 min before it left',
        ],
      },
      {
        cause: 'no_live_upstreams',
        count: 191,
        symptoms: [{ symptom: 'no_live_upstreams', count: 191 }],
        upstreams: [{ upstream: CART, peer: 'shop-cart-80', count: 191 }],
        evidence: ['all 2 peers of shop-cart-80 were taken down by 14 failures within fail_timeout=10s'],
      },
    ],
    timeline: [
      { atMs: at(1130), kind: 'reload', text: 'nginx edge read its configuration; 4 new workers' },
      { atMs: at(290), kind: 'rollout', text: 'shop/cart: 3 pods replaced, the last was ready after 21 s' },
      { atMs: at(269), kind: 'condition', text: '1 address of shop/cart is stale in edge' },
      { atMs: at(262), kind: 'failures', text: 'requests to 10.2.71.14:8080 begin to fail' },
      { atMs: at(118), kind: 'warning', text: 'Unhealthy: readiness probe of shop/cart-7c9d-9qv2z failed once' },
    ],
    requestIds: [],
    samples: [
      '2026/11/21 02:59:58 [error] 31#31: *48211 upstream timed out (110: Operation timed out) while connecting to upstream, upstream: "http://10.2.71.14:8080/…"',
      '2026/11/21 02:59:57 [error] 31#31: *48209 connect() failed (113: No route to host) while connecting to upstream, upstream: "http://10.2.71.14:8080/…"',
    ],
    title: `nginx edge sends requests for shop/cart to 10.2.71.14:8080, which no pod has had since ${clock(269).slice(0, 5)}`,
    next: 'Make nginx read its upstreams anew: `kubectl -n ingress exec deploy/edge -- nginx -s reload`, then see whether 10.2.71.14 is gone with `badgateway upstreams --state stale`.',
  };
}

/** The accept queue of a backend overflows. */
export function overflowIncident(nowMs: number): Incident {
  const at = (secondsAgo: number) => nowMs - secondsAgo * 1000;
  const base = staleIncident(nowMs, 'i7b12e5d0a94c');
  const upstream = { ...UNKNOWN_UPSTREAM, upstream: 'payments' };
  return {
    ...base,
    ...{ startedMs: at(95), lastMs: at(4), affected: ['pay/payments:9090'], subjects: [SUBJECT] },
    ...{ cause: 'listen_queue_overflow', failures: 214, rate: 3.1, share: null, samples: [] },
    causes: [
      {
        cause: 'listen_queue_overflow',
        count: 214,
        symptoms: [{ symptom: 'connect_timeout', count: 214 }],
        upstreams: [{ upstream, peer: '10.2.9.7:9090', count: 214 }],
        evidence: [
          'SYNs dropped at a full accept queue in the network of pay/payments-0: 1,204 before, 1,418 after',
          'the queue of port 9090 held 129 of 128 connections 12 s ago',
        ],
      },
    ],
    timeline: [
      { atMs: at(140), kind: 'scale', text: 'pay/payments: from 3 to 1 pods' },
      { atMs: at(95), kind: 'failures', text: 'connections to 10.2.9.7:9090 begin to time out' },
    ],
    title: 'pay/payments does not accept fast enough: its accept queue of 128 overflows',
    next: 'More pods or a longer queue: kubectl -n pay scale statefulset/payments --replicas=3',
  };
}

/** A bad state without a failure, and one incident that is over. */
export function quietIncidents(nowMs: number): Incident[] {
  const at = (secondsAgo: number) => nowMs - secondsAgo * 1000;
  const base = staleIncident(nowMs);
  return [
    {
      ...base,
      ...{ id: 'i04d7c1f3a2b6', startedMs: at(5400), lastMs: at(10), cause: null, affected: [], causes: [] },
      ...{ failures: 0, rate: 0, share: 0, samples: [], gateway: 'mesh', proxy: 'envoy', namespace: 'mesh' },
      conditions: [
        {
          condition: 'control_plane_disconnected',
          isActive: true,
          sinceMs: at(5400),
          evidence: 'control_plane.connected_state is 0; the last update came 90 min ago',
        },
      ],
      timeline: [{ atMs: at(5400), kind: 'condition', text: 'mesh lost its control plane' }],
      title: 'Envoy mesh has had no control plane for 90 min: it goes on with what it knew',
      next: 'kubectl -n mesh get pods -l app=control-plane',
    },
    {
      ...base,
      ...{ id: 'i5511aa90cc3e', isOpen: false, startedMs: at(9000), lastMs: at(8100), failures: 402, rate: 0 },
      cause: 'app_error',
      title: 'shop/search answered 503 itself while it restarted',
    },
  ];
}

/** Numbers that look like a half hour; `steps` shapes them, from 0 (oldest) to 119. */
function row(
  family: HistoryFamily,
  labels: Record<string, string>,
  step: (at: number) => number,
  limit: number | null,
) {
  const all = { namespace: '', pod: '', netns: 'host', ...labels };
  return { family, labels: all, limit, values: Float32Array.from({ length: HISTORY_STEPS }, (_, at) => step(at)) };
}

export function quietHistory(): HistoryReport {
  const wave = (middle: number, swing: number) => (at: number) => Math.round(middle + swing * Math.sin(at / 6));
  return {
    rows: [
      row('badgateway_listen_overflows_total', {}, () => 0, null),
      row('badgateway_listen_drops_total', {}, () => 0, null),
      row('badgateway_listen_queue_length', { port: '443' }, wave(2, 2), 511),
      row('badgateway_listen_queue_length', { port: '80' }, wave(1, 1), 511),
      row('badgateway_conntrack_entries', {}, wave(31_000, 4_000), 262_144),
      row('badgateway_conntrack_drops_total', {}, () => 0, null),
      row('badgateway_worker_connections_used', { gateway: 'edge' }, wave(310, 40), 1024),
      row('badgateway_worker_open_fds', { gateway: 'edge' }, wave(350, 40), 65_536),
    ],
    leftOut: 0,
  };
}

export function busyHistory(): HistoryReport {
  const pod = { namespace: 'pay', pod: 'payments-0', netns: '4026532871' };
  const late = (value: (at: number) => number) => (at: number) => (at < 112 ? 0 : value(at));
  return {
    rows: [
      row(
        'badgateway_listen_overflows_total',
        pod,
        late((at) => 20 + ((at * 7) % 19)),
        null,
      ),
      row('badgateway_listen_queue_length', { ...pod, port: '9090' }, (at) => (at < 108 ? (at * 5) % 40 : 129), 128),
      row('badgateway_worker_connections_used', { gateway: 'edge' }, (at) => 300 + Math.max(0, at - 90) * 19, 1024),
      ...quietHistory().rows.filter(({ family }) => family !== 'badgateway_worker_connections_used'),
    ],
    leftOut: 0,
  };
}

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
