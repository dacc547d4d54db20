import type { EnvoyFormat } from '../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { type ClusterSpec, NONE_PENDING, type RouteSpec, tlsTo } from './envoy-rig.ts';

const REFUSED = 'outbound|80||refused.ns.svc.cluster.local';

/** Nested, typed, several operators in one value, times of all sorts. */
const TYPED = {
  at: '%START_TIME(%s.%3f)%',
  request: '%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%',
  agent: '%REQ(USER-AGENT)%',
  http: { response: { status_code: '%RESPONSE_CODE%' } },
  long: '%RESPONSE_FLAGS_LONG%',
  details: '%RESPONSE_CODE_DETAILS%',
  took: '%DURATION%',
  bytes: ['%BYTES_SENT%'],
  upstream: {
    host: '%UPSTREAM_HOST%',
    cluster: '%UPSTREAM_CLUSTER%',
    reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
    attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
    took: '%RESPONSE_DURATION%',
  },
  stream: '%STREAM_ID%',
};
export const FORMATS: Readonly<Record<string, EnvoyFormat>> = {
  envoy: ENVOY_FORMATS.envoy,
  istio: ENVOY_FORMATS.istio,
  'old-gateway': ENVOY_FORMATS['envoy-gateway-text'],
  gateway: ENVOY_FORMATS['envoy-gateway'],
  typed: { json: TYPED },
};

/** One request. */
export interface Ask {
  readonly path: string;
  readonly headers?: string;
  /** Gone before an answer. */
  readonly abort?: boolean;
}

interface Story extends Ask {
  readonly code: number;
  /** `!`: a failure; with errno. Null: nothing to say. */
  readonly verdict: string | null;
  /** With Envoy's default format, which says less. */
  readonly bare?: string;
  /** Name of the port of the upstream; null: none was asked. */
  readonly host: string | null;
  readonly cluster: string | null;
  /** What the body says, when it is Envoy's. */
  readonly body?: string;
}

/** Requests to an Envoy with `loggedClusters` and `LOGGED_ROUTES`, and what its lines must say of them. */
export const STORIES: Readonly<Record<string, Story>> = {
  success: { path: '/ok', code: 200, verdict: null, host: 'ok', cluster: 'ok' },
  refused: {
    path: '/refused',
    code: 503,
    verdict: '!connect_refused(111)',
    bare: '!other',
    host: 'closed',
    cluster: REFUSED,
    body: 'connect_refused',
  },
  'connect timeout': {
    path: '/blackhole',
    code: 503,
    verdict: '!connect_timeout',
    bare: '!other',
    host: 'blackhole',
    cluster: 'blackhole',
    body: 'connect_timeout',
  },
  'response timeout': {
    path: '/slow',
    code: 504,
    verdict: '!response_timeout',
    host: 'silent',
    cluster: 'silent',
    body: 'response_timeout',
  },
  'no route': { path: '/nothing-here', code: 404, verdict: 'route_not_found', host: null, cluster: null },
  'no cluster': {
    path: '/unknown',
    headers: 'x-cluster: nobody\r\n',
    code: 503,
    verdict: '!no_cluster',
    host: null,
    cluster: null,
  },
  'no endpoints': {
    path: '/empty',
    code: 503,
    verdict: '!no_healthy_upstream',
    host: null,
    cluster: 'empty',
    body: 'no_healthy_upstream',
  },
  overflow: { path: '/full', code: 503, verdict: '!circuit_open', host: null, cluster: 'full', body: 'circuit_open' },
  '503 by the application': { path: '/app', code: 503, verdict: '!upstream_5xx', host: 'app', cluster: 'app' },
  'client abort': {
    path: '/silent',
    abort: true,
    code: 0,
    verdict: 'client_abort',
    host: 'silent',
    cluster: 'silent',
  },
  'closed before an answer': {
    path: '/close',
    code: 503,
    verdict: '!premature_close',
    host: 'close',
    cluster: 'close',
    body: 'premature_close',
  },
  'closed in the body': { path: '/cut', code: 200, verdict: '!truncated_response', host: 'cut', cluster: 'cut' },
  'no HTTP': {
    path: '/garbage',
    code: 502,
    verdict: '!protocol_error',
    host: 'garbage',
    cluster: 'garbage',
    body: 'protocol_error',
  },
  'no TLS': {
    path: '/tls',
    code: 503,
    verdict: '!tls_handshake',
    bare: '!other',
    host: 'garbage',
    cluster: 'tls',
    body: 'tls_handshake',
  },
};

const PLAIN = ['ok', 'app', 'close', 'cut', 'garbage', 'silent', 'blackhole'];

/** Clusters of upstreams at these ports. */
export function loggedClusters(ports: Readonly<Record<string, number>>): ClusterSpec[] {
  const on = (name: string) => [{ port: ports[name] }];
  return [
    ...PLAIN.map((name) => ({ name, hosts: on(name) })),
    { name: REFUSED, hosts: on('closed') },
    { name: 'empty', hosts: [] },
    { name: 'full', hosts: on('silent'), extra: NONE_PENDING },
    { name: 'tls', hosts: on('garbage'), extra: tlsTo() },
  ];
}

export const LOGGED_ROUTES: readonly RouteSpec[] = [
  ...[...PLAIN, 'empty', 'full', 'tls'].map((name) => ({ prefix: `/${name}`, route: { cluster: name } })),
  { prefix: '/refused', route: { cluster: REFUSED, retry_policy: { retry_on: 'connect-failure', num_retries: 1 } } },
  { prefix: '/slow', route: { cluster: 'silent', timeout: '0.1s' } },
  { prefix: '/unknown', route: { cluster_header: 'x-cluster' } },
];
