import { type Base, type GetResult, get } from './http-get.ts';

const CLUSTER_STATS = [
  'upstream_cx_(active|connect_fail|connect_timeout|none_healthy|(pool_)?overflow|protocol_error|close_notify|destroy_(remote|local)_with_active_rq|http[123]_total)',
  'upstream_rq_(active|total|[1-4]xx|pending_active|timeout|per_try_timeout|max_duration_reached|pending_overflow|pending_failure_eject|rx_reset|tx_reset|maintenance_mode|retry|101|50[0-578]|511|52[0-69]|530)',
  String.raw`retry\.upstream_rq_(completed|5xx)`,
  String.raw`internal\.upstream_rq_5xx`,
  String.raw`circuit_breakers\.(default|high)\.(cx|cx_pool|rq|rq_pending|rq_retry)_open`,
  String.raw`ssl\.(connection_error|fail_verify_(error|san|no_cert|cert_hash))`,
  String.raw`client_ssl_socket_factory\.upstream_context_secrets_not_ready`,
  String.raw`http2\.rx_reset`,
  String.raw`ext_authz\.denied`,
  String.raw`ratelimit\.over_limit`,
  'update_(success|failure|time)|init_fetch_timeout',
].join('|');

/**
 * RE2, matched by Envoy against raw stat names; anchored at both ends. The `usedonly` test comes first in Envoy, so the
 * expression only sees stats that were ever written. A test keeps it in step with what parse/envoy-stats.ts reads.
 */
export const STATS_FILTER = `^(${[
  String.raw`cluster\..*\.(${CLUSTER_STATS})`,
  String.raw`http\..*\.(no_route|no_cluster|downstream_rq_[1-5]xx|downstream_rq_(overload_close|idle_timeout|max_duration_reached|rx_reset)|rq_overload_local_reply|fault\.aborts_injected|adaptive_concurrency\.gradient_controller\.rq_blocked|admission_control\.rq_rejected)`,
  String.raw`envoy\.overload_actions\.reset_high_memory_stream\.count`,
  String.raw`overload\.envoy\.load_shed_points\.hcm_ondata_creating_codec\.shed_load_count`,
  String.raw`.*\.http_local_rate_limit\.rate_limited`,
  String.raw`.*rbac\.(.*\.)?denied`,
  String.raw`.*rbac\.(.*\.)?policy\..*\.allowed`,
  String.raw`listener\..*\.(downstream_cx_(total|active|overflow)|downstream_global_cx_overflow|downstream_cx_overload_reject|ssl\.(connection_error|fail_verify_(error|san|no_cert|cert_hash)))`,
  String.raw`server\.(live|memory_allocated|memory_heap_size|hot_restart_epoch)`,
  String.raw`control_plane\.connected_state`,
  String.raw`dns\.cares\.(not_found|timeouts|get_addr_failure)`,
].join('|')})$`;

const HISTOGRAMS_FILTER = String.raw`^(cluster\..*\.upstream|http\..*\.downstream)_rq_time$`;

/** Everything that is ever asked of an Envoy: no other path, no query of the user's, no other method. */
export const ENVOY_ADMIN_REQUESTS = Object.freeze({
  clusters: '/clusters?format=json',
  stats: `/stats?usedonly&filter=${encodeURIComponent(STATS_FILTER)}`,
  server_info: '/server_info',
  certs: '/certs',
  /** The text form has no sums. */
  histograms: `/stats/prometheus?usedonly&filter=${encodeURIComponent(HISTOGRAMS_FILTER)}`,
} as const);
export type EnvoyAdminRequest = keyof typeof ENVOY_ADMIN_REQUESTS;

export interface EnvoyAdminLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Sends one of the allowed requests to the admin interface at `base`. A chunk is valid only during its call. */
export async function getEnvoyAdmin(
  target: { readonly base: Base; readonly request: EnvoyAdminRequest },
  limits: EnvoyAdminLimits,
  onChunk: (chunk: Buffer) => void,
): Promise<GetResult> {
  if (!Object.hasOwn(ENVOY_ADMIN_REQUESTS, target.request))
    throw new Error(`not an allowed Envoy admin request: ${JSON.stringify(target.request)}`);
  return get({ base: target.base, path: ENVOY_ADMIN_REQUESTS[target.request], isTransient: true, ...limits }, onChunk);
}
