import type { Cause } from '../contract/names.ts';
import type { Explanation } from './explanations.ts';

/** Causes that are about what the gateway does by itself. */
export const GATEWAY_EXPLANATIONS = {
  worker_connections_exhausted: {
    title: 'Gateway out of connections',
    meaning: 'An nginx worker has used all of its worker_connections; proxied requests need two each.',
    likely: [
      'slow upstreams hold connections open',
      'many idle keepalive clients or websockets',
      'worker_connections is small for the traffic',
    ],
    next: 'stub_status (Waiting, Writing), then worker_connections and worker_rlimit_nofile.',
  },
  fds_exhausted: {
    title: 'Gateway out of file descriptors',
    meaning: 'The gateway cannot open another socket or file.',
    likely: ['the limit of open files is below worker_connections × 2', 'a descriptor leak in a module'],
    next: 'grep "open files" /proc/WORKER/limits and ls /proc/WORKER/fd | wc -l; then worker_rlimit_nofile.',
  },
  circuit_open: {
    title: 'Circuit breaker open',
    meaning: 'Envoy refused requests because a limit of the cluster was reached.',
    likely: ['the cluster is slow and requests pile up', 'the default limits (1024) are too low for the load'],
    next: 'Envoy’s cluster.NAME.circuit_breakers.* and upstream_rq_active, then the cluster’s latency.',
  },
  no_cluster: {
    title: 'Route to a missing cluster',
    meaning: 'A route names a cluster that Envoy does not have.',
    likely: [
      'the control plane sent the route before the cluster, or its update was refused',
      'the backend of the route was deleted',
    ],
    next: 'control_plane.connected_state and cluster_manager.cds.update_rejected of this Envoy.',
  },
  rbac_denied: {
    title: 'Denied by policy',
    meaning: 'An authorization policy of the gateway refused the request.',
    likely: ['a policy changed', 'the caller’s identity or certificate changed'],
    next: 'The authorization policy that was changed last.',
  },
  overload: {
    title: 'Gateway overloaded',
    meaning: 'The gateway itself shed requests.',
    likely: ['its overload manager reached a memory or connection limit', 'too few replicas for the traffic'],
    next: 'Memory and connections of the gateway against its limits; add replicas.',
  },
  rate_limited: {
    title: 'Limited by the gateway',
    meaning: 'limit_req or limit_conn delayed or refused a request (503, or what limit_req_status says).',
    likely: [
      'a client above its rate',
      'one key for many clients: the gateway sees only the address of a load balancer',
    ],
    next: 'The zone named in the line: its rate, burst and key; and real_ip if a load balancer is in front.',
  },
  unidentified: {
    title: 'Not identified',
    meaning: 'An attempt failed and no rule explains why.',
    likely: [
      'an unusual error number or message',
      'a wrong name in the gateway’s configuration, or an error in its Lua code',
    ],
    next: 'Read the line itself: the words before “while” and the number in parentheses.',
  },
} as const satisfies Readonly<Partial<Record<Cause, Explanation>>>;
