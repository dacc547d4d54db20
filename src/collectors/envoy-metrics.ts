import { CERTIFICATE_METRICS } from '../contract/certificate-metrics.ts';
import { counter, foreignCounter, gauge, SUBJECT_LABELS } from '../contract/metrics.ts';
import { TRAFFIC_METRICS } from '../contract/traffic.ts';

const CLUSTER_LABELS = [...SUBJECT_LABELS, 'upstream'] as const;
const BREAKER_LABELS = [...CLUSTER_LABELS, 'priority', 'breaker'] as const;

/** Values of `code`: exact where Envoy's cluster stats give it, the class otherwise. */
export const RESPONSE_CODES = ['1xx', '2xx', '3xx', '4xx', '502', '503', '504', '5xx_other'] as const;
/** Values of `state` of the members. */
export const MEMBER_STATES = ['total', 'healthy', 'degraded', 'excluded'] as const;
/** Values of `breaker` where Envoy says whether it is open. */
export const OPEN_BREAKERS = ['cx', 'cx_pool', 'rq', 'rq_pending', 'rq_retry'] as const;
/** Values of `limit`: what made the listener turn a connection away. */
export const OVERFLOW_LIMITS = ['listener', 'global', 'overload'] as const;
/** Values of `reason` of a failed poll. */
export const POLL_FAILURES = [
  'unreachable',
  'not_permitted',
  'timeout',
  'too_large',
  'status',
  'broken',
  'malformed',
] as const;
export type PollFailure = (typeof POLL_FAILURES)[number];

export const ENVOY_METRICS = {
  up: gauge('badgateway_envoy_up', 'Whether the last poll of the Envoy admin interface succeeded.', SUBJECT_LABELS),
  info: gauge('badgateway_envoy_info', 'Version and server state of Envoy; the value is 1.', [
    ...SUBJECT_LABELS,
    'version',
    'state',
  ]),
  serverLive: gauge(
    'badgateway_envoy_server_live',
    'Whether Envoy is in state LIVE (not draining or initializing).',
    SUBJECT_LABELS,
  ),
  startTime: gauge(
    'badgateway_envoy_start_timestamp_seconds',
    'When the Envoy process started, from its uptime in whole seconds.',
    SUBJECT_LABELS,
  ),
  restartEpoch: gauge(
    'badgateway_envoy_restart_epoch',
    'Hot restarts of Envoy before the process that answers.',
    SUBJECT_LABELS,
  ),
  concurrency: gauge('badgateway_envoy_concurrency', 'Worker threads of Envoy.', SUBJECT_LABELS),
  memoryAllocated: gauge(
    'badgateway_envoy_memory_allocated_bytes',
    'Memory in use by the allocator of Envoy; compare with the limit of the container, not with the heap.',
    SUBJECT_LABELS,
  ),
  memoryHeap: gauge('badgateway_envoy_memory_heap_bytes', 'Memory reserved by the allocator of Envoy.', SUBJECT_LABELS),
  members: gauge('badgateway_envoy_cluster_members', 'Hosts of a cluster as Envoy lists them, by state.', [
    ...CLUSTER_LABELS,
    'state',
  ]),
  circuitOpen: gauge(
    'badgateway_envoy_cluster_circuit_open',
    'Whether a circuit breaker was at its limit at the moment of the poll; short openings are missed.',
    BREAKER_LABELS,
  ),
  limit: gauge('badgateway_envoy_cluster_limit', 'Configured limit of a circuit breaker.', BREAKER_LABELS),
  active: gauge(
    'badgateway_envoy_cluster_active',
    'What a circuit breaker limits, at the moment of the poll, over all priorities.',
    [...CLUSTER_LABELS, 'breaker'],
  ),
  controlPlaneConnected: gauge(
    'badgateway_envoy_control_plane_connected',
    'Whether Envoy is connected to its control plane; absent without one.',
    SUBJECT_LABELS,
  ),
  listenerOverflows: foreignCounter(
    'badgateway_envoy_listener_overflows_total',
    'Downstream connections that the listeners of Envoy turned away, by the limit that was hit.',
    [...SUBJECT_LABELS, 'limit'],
  ),
  listenerConnections: foreignCounter(
    'badgateway_envoy_listener_connections_total',
    'Connections that clients have opened to a listener of Envoy; listeners that differ in their address only are one.',
    [...SUBJECT_LABELS, 'listener'],
  ),
  listenerActive: gauge(
    'badgateway_envoy_listener_connections_active',
    'Connections of clients that a listener of Envoy holds now.',
    [...SUBJECT_LABELS, 'listener'],
  ),
  verifyFailures: counter(
    'badgateway_envoy_upstream_certificates_refused_total',
    'Handshakes with an upstream that Envoy broke off because of its certificate: not trusted (error), no expected name (san), none given (no_cert), not the pinned one (cert_hash).',
    [...CLUSTER_LABELS, 'kind'],
  ),
  rbacDenied: counter(
    'badgateway_envoy_rbac_denied_total',
    'Requests and connections that an RBAC filter denied: by a policy, with none that matches (none), or not told apart (unknown).',
    [...SUBJECT_LABELS, 'filter', 'match'],
  ),
  ...CERTIFICATE_METRICS,
  requests: TRAFFIC_METRICS.requests,
  duration: TRAFFIC_METRICS.duration,
  pollDuration: gauge(
    'badgateway_envoy_poll_duration_seconds',
    'Time that the last successful poll took.',
    SUBJECT_LABELS,
  ),
  pollSize: gauge('badgateway_envoy_poll_size_bytes', 'Bytes read by the last successful poll.', SUBJECT_LABELS),
  pollInterval: gauge(
    'badgateway_envoy_poll_interval_seconds',
    'Time between two polls now; longer than configured while Envoy answers slowly.',
    SUBJECT_LABELS,
  ),
  pollErrors: counter('badgateway_envoy_poll_errors_total', 'Failed polls by reason.', [...SUBJECT_LABELS, 'reason']),
  skipped: counter(
    'badgateway_envoy_skipped_values_total',
    'Values of Envoy left out because of a limit: too big to be held exactly, line too long, table full, listeners beyond 100.',
    [...SUBJECT_LABELS, 'reason'],
  ),
} as const;
