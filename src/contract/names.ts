/**
 * The closed sets that dashboards, rules and other tools build on (docs/design/0001-layout-and-contract.md).
 * Adding a value is a feature, renaming one is a breaking change.
 */

/** What the log or Envoy said, before any verdict. */
export const SYMPTOMS = [
  'connect_refused',
  'connect_timeout',
  'host_unreachable',
  'network_unreachable',
  'connect_reset',
  'address_unavailable',
  'socket_missing',
  'queue_full',
  'permission_denied',
  'response_timeout',
  'premature_close',
  'reset',
  'broken_pipe',
  'truncated_response',
  'no_live_upstreams',
  'peer_marked_down',
  'dns_failure',
  'tls_handshake',
  'tls_verify',
  'header_too_big',
  'invalid_response',
  'stream_rejected',
  'worker_connections_exhausted',
  'connections_reused',
  'fds_exhausted',
  'rate_limited',
  'connection_limited',
  'body_too_large',
  'access_denied',
  'client_abort',
  'client_bad_request',
  'client_tls_error',
  'circuit_open',
  'no_healthy_upstream',
  'no_cluster',
  'route_not_found',
  'rbac_denied',
  'ext_authz_denied',
  'protocol_error',
  'overload',
  'local_reset',
  'fault_injected',
  'upstream_5xx',
  'subrequest_failed',
  'config_rejected',
  'worker_crash',
  'other',
] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/** Why it happened. */
export const CAUSES = [
  'stale_endpoint',
  'foreign_endpoint',
  'terminating_endpoint',
  'not_ready_endpoint',
  'no_endpoints',
  'port_mismatch',
  'bound_to_loopback',
  'not_listening',
  'sidecar_down',
  'connection_refused',
  'no_route_to_host',
  'connect_timeout',
  'listen_queue_overflow',
  'syn_queue_full',
  'conntrack_full',
  'conntrack_insert_failed',
  'ephemeral_ports_exhausted',
  'response_timeout',
  'premature_close',
  'connection_reset',
  'truncated_response',
  'oom_killed',
  'no_live_upstreams',
  'no_healthy_upstream',
  'dns_failure',
  'upstream_tls',
  'protocol_error',
  'header_too_big',
  'worker_connections_exhausted',
  'fds_exhausted',
  'permission_denied',
  'circuit_open',
  'rbac_denied',
  'no_cluster',
  'overload',
  'rate_limited',
  'app_error',
  'unidentified',
] as const;
export type Cause = (typeof CAUSES)[number];

export const PROXIES = ['nginx', 'envoy'] as const;
export type ProxyKind = (typeof PROXIES)[number];

/** How the last poll of a collector ended. `absent`: nothing there to watch; `not_permitted`: there, but not readable. */
export const COLLECTOR_STATES = ['ok', 'absent', 'not_permitted', 'failed'] as const;
export type CollectorState = (typeof COLLECTOR_STATES)[number];
