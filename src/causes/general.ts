import type { Observation } from '../contract/failure.ts';
import type { Cause, Symptom } from '../contract/names.ts';

/** What a symptom alone proves, or null: never a failure of the gateway. Facts refine it (the other files here). */
export const GENERAL_CAUSES = {
  connect_refused: 'connection_refused',
  connect_timeout: 'connect_timeout',
  host_unreachable: 'no_route_to_host',
  network_unreachable: 'no_route_to_host',
  connect_reset: 'connection_reset',
  address_unavailable: 'ephemeral_ports_exhausted',
  socket_missing: 'not_listening',
  queue_full: 'listen_queue_overflow',
  permission_denied: 'permission_denied',
  response_timeout: 'response_timeout',
  premature_close: 'premature_close',
  reset: 'connection_reset',
  broken_pipe: 'connection_reset',
  truncated_response: 'truncated_response',
  no_live_upstreams: 'no_live_upstreams',
  peer_marked_down: null,
  dns_failure: 'dns_failure',
  tls_handshake: 'upstream_tls',
  tls_verify: 'upstream_tls',
  header_too_big: 'header_too_big',
  invalid_response: 'protocol_error',
  stream_rejected: 'protocol_error',
  worker_connections_exhausted: 'worker_connections_exhausted',
  connections_reused: null,
  fds_exhausted: 'fds_exhausted',
  rate_limited: 'rate_limited',
  connection_limited: 'rate_limited',
  body_too_large: null,
  access_denied: null,
  client_abort: null,
  client_bad_request: null,
  client_tls_error: null,
  circuit_open: 'circuit_open',
  no_healthy_upstream: 'no_healthy_upstream',
  no_cluster: 'no_cluster',
  route_not_found: null,
  rbac_denied: 'rbac_denied',
  ext_authz_denied: null,
  protocol_error: 'protocol_error',
  overload: 'overload',
  local_reset: 'unidentified',
  fault_injected: null,
  upstream_5xx: 'app_error',
  subrequest_failed: null,
  config_rejected: null,
  worker_crash: null,
  other: 'unidentified',
} as const satisfies Readonly<Record<Symptom, Cause | null>>;

/** The causes that a symptom alone can lead to. */
export type GeneralCause = Exclude<(typeof GENERAL_CAUSES)[Symptom], null>;

export const GENERAL_CAUSE_NAMES: readonly GeneralCause[] = [
  ...new Set(Object.values(GENERAL_CAUSES).filter((cause) => cause !== null)),
];

type Said = Pick<Observation, 'symptom' | 'peer' | 'detail'>;

/** The cause that the observation alone proves, or null. */
export function generalCause({ symptom, peer, detail }: Said): GeneralCause | null {
  switch (symptom) {
    case 'address_unavailable':
      // errno 99 towards [::1] is a host without IPv6, not one that has run out of ports.
      if (peer?.address === '::1') return 'no_route_to_host';
      // Towards another IPv6 address either may be meant: rules that know the local ports tell.
      if (peer?.address.includes(':') || detail === 'not_our_address') return 'unidentified';
      // The port that it was to bind to is taken.
      if (detail === 'not_begun') return 'unidentified';
      return GENERAL_CAUSES[symptom];
    case 'connect_refused':
      // No rule of a network refuses there: the socket is left over from a program that has ended.
      return peer?.address.startsWith('/') ? 'not_listening' : GENERAL_CAUSES[symptom];
    case 'other':
      return detail === 'black_hole' ? 'no_route_to_host' : GENERAL_CAUSES[symptom];
    default:
      return GENERAL_CAUSES[symptom];
  }
}
