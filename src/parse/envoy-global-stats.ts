/** What is read outside clusters: root of the stat's name and its end. The admin interface's own stats are left out. */
export const GLOBAL_STATS = {
  http: [
    'no_route',
    'no_cluster',
    'downstream_rq_1xx',
    'downstream_rq_2xx',
    'downstream_rq_3xx',
    'downstream_rq_4xx',
    'downstream_rq_5xx',
    'downstream_rq_overload_close',
    'rq_overload_local_reply',
    'downstream_rq_idle_timeout',
    'downstream_rq_max_duration_reached',
    'downstream_rq_rx_reset',
    'rq_blocked',
    'rq_rejected',
    'aborts_injected',
  ],
  listener: [
    'downstream_cx_total',
    'downstream_cx_active',
    'downstream_cx_overflow',
    'downstream_global_cx_overflow',
    'downstream_cx_overload_reject',
    'connection_error',
    'fail_verify_error',
    'fail_verify_san',
    'fail_verify_no_cert',
    'fail_verify_cert_hash',
  ],
  server: ['live', 'memory_allocated', 'memory_heap_size', 'hot_restart_epoch'],
  control_plane: ['connected_state'],
  dns: ['not_found', 'timeouts', 'get_addr_failure'],
} as const;
export type GlobalRoot = keyof typeof GLOBAL_STATS;
export type GlobalStat = (typeof GLOBAL_STATS)[GlobalRoot][number] | RbacStat | OtherStat;
/** Found by their whole names or ends. `connections_shed` were closed before their request was read. */
type OtherStat = 'rate_limited' | 'streams_reset' | 'connections_shed';
/** Denied by a filter; and, where it counts its policies apart, what each of them has denied or allowed. */
export type RbacStat = 'rbac_denied' | 'rbac_policy_denied' | 'rbac_policy_allowed';

/** What the overload manager does to clients' streams and connections. */
const STREAMS_RESET = 'envoy.overload_actions.reset_high_memory_stream.count';
const CONNECTIONS_SHED = 'overload.envoy.load_shed_points.hcm_ondata_creating_codec.shed_load_count';

/** The last words of all of them. */
export const GLOBAL_TOKENS: readonly string[] = [
  ...new Set<string>([
    ...Object.values(GLOBAL_STATS).flat(),
    'denied',
    'allowed',
    'rate_limited',
    'count',
    'shed_load_count',
  ]),
];

/** The wanted stat that `name` is, when it ends in the wanted word `token`. */
export function classifyGlobal(name: string, token: string): GlobalStat | null {
  const root = name.slice(0, name.indexOf('.'));
  // listener.<address>.http.<prefix>.* and worker_<n> repeat what http.<prefix>.* and the listener itself count.
  if (root === 'listener' && /\.(http|worker_\d+|admin|main_thread)\./.test(name)) return null;
  if (name.startsWith('http.admin.') || name.startsWith('server.compilation')) return null;
  if (token === 'denied' || token === 'allowed') return classifyRbac(name, token);
  // Under a prefix that the configuration chooses.
  if (token === 'rate_limited') return name.endsWith('.http_local_rate_limit.rate_limited') ? token : null;
  if (token === 'count') return name === STREAMS_RESET ? 'streams_reset' : null;
  if (token === 'shed_load_count') return name === CONNECTIONS_SHED ? 'connections_shed' : null;
  if (token === 'rq_blocked' && !name.endsWith('.adaptive_concurrency.gradient_controller.rq_blocked')) return null;
  if (token === 'rq_rejected' && !name.endsWith('.admission_control.rq_rejected')) return null;
  if (token === 'aborts_injected' && !name.endsWith('.fault.aborts_injected')) return null;
  if (/^(connection_error|fail_verify_)/.test(token) && !name.endsWith(`.ssl.${token}`)) return null;
  const isTwoTokens = root === 'server' || root === 'control_plane';
  if (isTwoTokens && name.length !== root.length + 1 + token.length) return null;
  if (root === 'dns' && name !== `dns.cares.${token}`) return null;
  const stats: readonly string[] = Object.hasOwn(GLOBAL_STATS, root) ? GLOBAL_STATS[root as GlobalRoot] : [];
  return stats.includes(token) ? (token as GlobalStat) : null;
}

/** Rules that only watch end in `shadow_denied` and are none of these. */
function classifyRbac(name: string, token: 'denied' | 'allowed'): RbacStat | null {
  if (!/rbac\.(.*\.)?(denied|allowed)$/.test(name)) return null;
  if (/rbac\.(.*\.)?policy\../.test(name)) return `rbac_policy_${token}`;
  return token === 'denied' ? 'rbac_denied' : null;
}
