import type { Cause } from '../contract/names.ts';

export interface CauseWords {
  /** A few words for a headline. */
  readonly title: string;
  /** One sentence: what happened. */
  readonly meaning: string;
  /** One sentence: the first thing to do. */
  readonly next: string;
}

/** Every cause in plain words, for the page. The long form is docs/causes/. */
export const CAUSE_WORDS: Readonly<Record<Cause, CauseWords>> = {
  stale_endpoint: {
    title: 'Stale endpoint',
    meaning: 'The gateway still sends to an address that is no longer an endpoint of the Service.',
    next: 'See whether the gateway’s controller runs and reloads; a reload of the gateway removes the address.',
  },
  foreign_endpoint: {
    title: 'Address reused by another pod',
    meaning: 'The address belongs to a pod of another Service now; requests reach the wrong program.',
    next: 'Reload the gateway at once, then find out why its configuration is old.',
  },
  terminating_endpoint: {
    title: 'Endpoint shutting down',
    meaning: 'The pod was being stopped and took no more connections while the gateway still used it.',
    next: 'Add a preStop pause longer than the propagation time and let the program finish its requests on SIGTERM.',
  },
  not_ready_endpoint: {
    title: 'Endpoint not ready',
    meaning: 'The pod exists but has not passed its readiness check.',
    next: 'Look at the readiness probe and the start of the pod: kubectl describe pod.',
  },
  no_endpoints: {
    title: 'Service without endpoints',
    meaning: 'No pod stands behind the Service.',
    next: 'Compare the Service’s selector with the pods’ labels, and see whether the pods run.',
  },
  port_mismatch: {
    title: 'Wrong port',
    meaning: 'The gateway uses a port that is not the one the pod serves on.',
    next: 'Compare targetPort of the Service with the port the program listens on.',
  },
  bound_to_loopback: {
    title: 'Program listens on loopback only',
    meaning: 'The program is bound to 127.0.0.1 inside its pod, so nobody else can reach it.',
    next: 'Bind it to 0.0.0.0 or [::].',
  },
  not_listening: {
    title: 'Nothing listens there',
    meaning: 'The host or pod is there, but no program listens on the port or socket.',
    next: 'See whether the program has started, and on which port: ss -ltn on that host.',
  },
  sidecar_down: {
    title: 'Sidecar down',
    meaning: 'The proxy container in front of the program does not run.',
    next: 'Look at the sidecar container: kubectl logs and its last state.',
  },
  connection_refused: {
    title: 'Connection refused',
    meaning: 'The peer answered that nothing accepts connections on that port.',
    next: 'See whether the program runs and listens on that port; look at its restarts.',
  },
  no_route_to_host: {
    title: 'No route to host',
    meaning: 'The network says that the address cannot be reached; often the pod is gone.',
    next: 'See whether the address still belongs to a running pod, then routes and network policies.',
  },
  connect_timeout: {
    title: 'Connecting timed out',
    meaning: 'Nobody answered the attempt to connect: packets are dropped, or the host is gone.',
    next: 'Look for network policies and firewalls between both, then for a full listen queue or conntrack table.',
  },
  listen_queue_overflow: {
    title: 'Listen queue full',
    meaning: 'The program takes connections slower than they come, so the kernel dropped some.',
    next: 'Find out why the program is slow to accept; then raise its backlog and net.core.somaxconn.',
  },
  syn_queue_full: {
    title: 'SYN queue full',
    meaning: 'Too many half-open connections: a burst or a SYN flood.',
    next: 'Look at the rate of new connections; see tcp_max_syn_backlog and syncookies.',
  },
  conntrack_full: {
    title: 'Conntrack table full',
    meaning: 'The kernel drops new connections because its connection table is full.',
    next: 'Raise net.netfilter.nf_conntrack_max, then reduce short connections (keepalive to upstreams).',
  },
  conntrack_insert_failed: {
    title: 'Conntrack insert failed',
    meaning: 'Two connections raced for the same entry of the connection table and one was dropped.',
    next: 'Typical of DNS over UDP and of NAT with few ports; see the conntrack counters of the node.',
  },
  ephemeral_ports_exhausted: {
    title: 'Out of local ports',
    meaning: 'The gateway has no free local port for a connection to this peer.',
    next: 'Use keepalive to the upstream; see ip_local_port_range and TIME_WAIT.',
  },
  response_timeout: {
    title: 'No answer in time',
    meaning: 'The peer took the request but did not answer before the gateway’s timeout.',
    next: 'Look at the latency of the program, then at the read timeout of the gateway.',
  },
  premature_close: {
    title: 'Closed without an answer',
    meaning: 'The peer closed the connection before it answered.',
    next: 'Look for crashes and restarts; if idle connections are the reason, make the peer’s keepalive longer than the gateway’s.',
  },
  connection_reset: {
    title: 'Connection reset',
    meaning: 'The peer broke the connection off in the middle of a request.',
    next: 'Look for crashes, restarts and out-of-memory kills of the program.',
  },
  truncated_response: {
    title: 'Answer cut off',
    meaning: 'The peer stopped in the middle of its answer.',
    next: 'Look for crashes and timeouts of the program while it sends.',
  },
  oom_killed: {
    title: 'Killed for lack of memory',
    meaning: 'The kernel killed the program because it reached its memory limit.',
    next: 'Compare its memory with its limit; raise the limit or find the leak.',
  },
  no_live_upstreams: {
    title: 'All peers marked down',
    meaning: 'nginx had taken every peer out after earlier failures and did not try any.',
    next: 'Look for the failures just before: they are the cause. See max_fails and fail_timeout.',
  },
  no_healthy_upstream: {
    title: 'No healthy host',
    meaning: 'Envoy has no healthy host in the cluster.',
    next: 'Look at the hosts’ health checks and at outlier ejections of the cluster.',
  },
  dns_failure: {
    title: 'Name not resolved',
    meaning: 'The name of the upstream could not be resolved.',
    next: 'Ask the same resolver by hand; look at the cluster’s DNS and its conntrack drops.',
  },
  upstream_tls: {
    title: 'TLS to the upstream failed',
    meaning: 'The handshake with the peer or the check of its certificate failed.',
    next: 'Look at the peer’s certificate: expiry, name, CA. openssl s_client shows it.',
  },
  protocol_error: {
    title: 'Answer not understood',
    meaning: 'The peer speaks another protocol than the gateway expects, or breaks it.',
    next: 'Compare both sides: HTTP or HTTPS, HTTP/1.1 or HTTP/2, gRPC, PROXY protocol.',
  },
  header_too_big: {
    title: 'Response header too big',
    meaning: 'The header of the answer does not fit into the gateway’s buffer.',
    next: 'Find the large header (often cookies), or raise proxy_buffer_size.',
  },
  worker_connections_exhausted: {
    title: 'Gateway out of connections',
    meaning: 'An nginx worker has used all of its worker_connections.',
    next: 'Raise worker_connections and the limit of open files; look for slow upstreams that hold connections.',
  },
  fds_exhausted: {
    title: 'Gateway out of file descriptors',
    meaning: 'The gateway cannot open another socket or file.',
    next: 'Raise worker_rlimit_nofile or the limit of the container.',
  },
  permission_denied: {
    title: 'Permission denied',
    meaning: 'The system forbids the gateway to connect.',
    next: 'See the mode of the socket file, SELinux and network policies.',
  },
  circuit_open: {
    title: 'Circuit breaker open',
    meaning: 'Envoy refused requests because a limit of the cluster was reached.',
    next: 'Find out why the cluster is slow; then compare its limits with its load.',
  },
  rbac_denied: {
    title: 'Denied by policy',
    meaning: 'An authorization policy of the gateway refused the request.',
    next: 'Look at the policy that was changed last.',
  },
  no_cluster: {
    title: 'Route to a missing cluster',
    meaning: 'A route names a cluster that Envoy does not have.',
    next: 'See whether the control plane is connected and its last update was accepted.',
  },
  overload: {
    title: 'Gateway overloaded',
    meaning: 'The gateway itself shed requests.',
    next: 'Look at its CPU, memory and overload manager; add replicas.',
  },
  rate_limited: {
    title: 'Limited by the gateway',
    meaning: 'A limit in the gateway’s configuration answered with 503.',
    next: 'See limit_req and limit_conn; a status of 429 tells clients the truth.',
  },
  app_error: {
    title: 'The application answered 5xx',
    meaning: 'The gateway passed on an error that the program behind it made.',
    next: 'Look at the log of the application.',
  },
  unidentified: {
    title: 'Not identified',
    meaning: 'No rule explains this failure yet.',
    next: 'Read the line in the gateway’s log; badgateway explain says what is known about it.',
  },
};
