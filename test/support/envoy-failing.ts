import { constants, createServer } from 'node:http2';
import type { Server } from 'node:net';
import type { Symptom } from '../../src/contract/names.ts';
import { type ClusterSpec, type EnvoySpec, NONE_PENDING, type RouteSpec, tlsTo } from './envoy-rig.ts';
import { listen, type Upstream } from './upstreams.ts';

export const REFUSED = 'outbound|80||refused.ns.svc.cluster.local';

interface StagedFailure {
  readonly path: string;
  readonly count: number;
  readonly status: number;
  readonly upstream: string;
  readonly symptom: Symptom;
}

/** Requests to `failingEnvoy`, and what each of them must count as. */
export const STAGED: Readonly<Record<string, StagedFailure>> = {
  refused: { path: '/refused', count: 6, status: 503, upstream: REFUSED, symptom: 'connect_refused' },
  'connect timeout': {
    path: '/blackhole',
    count: 2,
    status: 503,
    upstream: 'blackhole',
    symptom: 'connect_timeout',
  },
  'no endpoints': {
    path: '/empty',
    count: 3,
    status: 503,
    upstream: 'empty/none:80',
    symptom: 'no_healthy_upstream',
  },
  'circuit open': { path: '/circuit', count: 4, status: 503, upstream: 'circuit', symptom: 'circuit_open' },
  'upstream closes an HTTP/1 request': {
    path: '/close',
    count: 5,
    status: 503,
    upstream: 'close',
    symptom: 'premature_close',
  },
  'upstream resets an HTTP/2 stream': { path: '/h2reset', count: 3, status: 503, upstream: 'h2', symptom: 'reset' },
  'upstream drops an HTTP/2 connection': {
    path: '/h2die',
    count: 2,
    status: 503,
    upstream: 'h2',
    symptom: 'premature_close',
  },
  'upstream does not speak HTTP': {
    path: '/garbage',
    count: 2,
    status: 502,
    upstream: 'garbage',
    symptom: 'protocol_error',
  },
  'slow upstream': { path: '/slow', count: 3, status: 504, upstream: 'slow', symptom: 'response_timeout' },
  'plaintext upstream of a TLS cluster': {
    path: '/plain-as-tls',
    count: 2,
    status: 503,
    upstream: 'plain-as-tls',
    symptom: 'tls_handshake',
  },
  'untrusted certificate': {
    path: '/untrusted',
    count: 2,
    status: 503,
    upstream: 'untrusted',
    symptom: 'tls_verify',
  },
  'no cluster of that name': { path: '/unknown', count: 2, status: 503, upstream: '', symptom: 'no_cluster' },
};

const HTTP2 = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};
const TCP_CHECK = {
  timeout: '0.1s',
  interval: '0.1s',
  unhealthy_threshold: 1,
  healthy_threshold: 1,
  tcp_health_check: {},
};
const CHECKED = { health_checks: [TCP_CHECK], common_lb_config: { healthy_panic_threshold: { value: 0 } } };

const to = (cluster: string, more: object = {}): RouteSpec => ({ prefix: `/${cluster}`, route: { cluster, ...more } });
const ROUTES: readonly RouteSpec[] = [
  ...['blackhole', 'checked', 'circuit', 'close', 'h2', 'garbage', 'plain-as-tls', 'untrusted', 'ok'].map((name) =>
    to(name),
  ),
  to('slow', { timeout: '0.1s' }),
  { prefix: '/refused', route: { cluster: REFUSED } },
  { prefix: '/retried', route: { cluster: 'socket', retry_policy: { retry_on: 'connect-failure', num_retries: 2 } } },
  { prefix: '/empty', route: { cluster: 'empty/none:80' } },
  { prefix: '/unknown', route: { cluster_header: 'x-cluster' } },
];

/** An Envoy before upstreams at these ports; it trusts that authority, and nobody listens on that socket. */
export function failingEnvoy(
  ports: Readonly<Record<string, number>>,
  { authority, socket }: { readonly authority: string; readonly socket: string },
): EnvoySpec {
  const at = (name: string, port = name, extra: object = {}): ClusterSpec => {
    return { name, hosts: [{ port: ports[port] }], extra };
  };
  const trust = { common_tls_context: { validation_context: { trusted_ca: { filename: authority } } } };
  return {
    listenPort: ports.listen,
    admin: { port: ports.admin },
    tcp: { port: ports.tcp, cluster: 'tcp.refused' },
    clusters: [
      { name: REFUSED, hosts: [{ port: ports.closed }, { port: ports.closed2 }] },
      at('tcp.refused', 'closed'),
      at('blackhole'),
      { name: 'empty/none:80', hosts: [] },
      at('checked', 'closed', CHECKED),
      at('circuit', 'silent', NONE_PENDING),
      at('close'),
      at('h2', 'h2', HTTP2),
      at('garbage'),
      at('slow', 'silent'),
      at('plain-as-tls', 'garbage', tlsTo()),
      at('untrusted', 'tls', tlsTo(trust)),
      { name: 'socket', hosts: [{ path: socket }] },
      at('ok'),
    ],
    routes: ROUTES,
  };
}

/** Drops the connection at /h2die, and resets the stream of any other request. */
export async function openResettingHttp2(): Promise<Upstream> {
  const server = createServer();
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/h2die') stream.session?.destroy();
    else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  });
  return await listen(server as unknown as Server);
}
