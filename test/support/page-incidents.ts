import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Incident } from '../../src/incidents/incident.ts';

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
