import type { GeneralCause } from './general.ts';

/** A cause in plain words, for `explain`, the page and docs/causes/. `next` is a command or a place to look. */
export interface Explanation {
  readonly title: string;
  readonly meaning: string;
  /** Most frequent first. */
  readonly likely: readonly string[];
  readonly next: string;
}

/** For the causes that a line alone can prove. */
export const EXPLANATIONS: Readonly<Record<GeneralCause, Explanation>> = {
  connection_refused: {
    title: 'Connection refused',
    meaning: 'The peer is there and answered that nothing accepts connections on that port.',
    likely: [
      'the program crashed, restarts or has not started listening yet',
      'it listens on another port or only on 127.0.0.1',
      'a firewall rejects with RST',
    ],
    next: 'On the peer: ss -ltn, then the state and restarts of the program (kubectl describe pod, systemctl status).',
  },
  connect_timeout: {
    title: 'Connecting timed out',
    meaning: 'Nothing answered the attempt to connect: packets are dropped somewhere, or the host is gone.',
    likely: [
      'the pod or host is gone and its address is not in use',
      'a network policy, security group or firewall drops the packets',
      'the listen queue of the peer or a conntrack table on the way is full',
    ],
    next: 'Is the address still a running endpoint (kubectl get endpointslices)? Then nstat -az TcpExtListenOverflows in the peer’s namespace.',
  },
  no_route_to_host: {
    title: 'No route to host',
    meaning: 'The network says that the address cannot be reached.',
    likely: [
      'the pod or node is gone and the gateway still uses its address',
      'a firewall or policy answers with ICMP unreachable',
      'an IPv6 address and no IPv6 here',
    ],
    next: 'Is the address still a running endpoint (kubectl get endpointslices)? Then ip route get ADDRESS on the gateway.',
  },
  connection_reset: {
    title: 'Connection reset',
    meaning: 'The peer broke the connection off (RST) before it had answered.',
    likely: [
      'the program crashed, was killed, or was stopped without draining',
      'it closed an idle keepalive connection just as the gateway used it',
      'a proxy, load balancer or firewall between them dropped the connection',
    ],
    next: 'Restarts and OOM kills of the peer first (kubectl describe pod); then compare its keepalive timeout with keepalive_timeout of the upstream block.',
  },
  ephemeral_ports_exhausted: {
    title: 'No local address or port left',
    meaning:
      'The gateway has no free local port for another connection to this peer, or not the local address it was told to use.',
    likely: [
      'short connections without upstream keepalive fill ip_local_port_range with TIME_WAIT',
      'proxy_bind names an address that is not on this host',
    ],
    next: 'On the gateway: ss -s and ss -tan state time-wait dst PEER | wc -l, against sysctl net.ipv4.ip_local_port_range.',
  },
  not_listening: {
    title: 'Nothing listens there',
    meaning: 'The unix socket that the gateway connects to does not exist.',
    likely: [
      'the program behind the socket is not running',
      'it makes its socket at another path',
      'the volume with the socket is not mounted',
    ],
    next: 'ls -l the socket path inside the gateway’s container; then the state of the program that makes it.',
  },
  listen_queue_overflow: {
    title: 'Listen queue full',
    meaning: 'The program takes connections slower than they come and its listen queue is full.',
    likely: [
      'all workers of the program are busy (php-fpm pm.max_children, gunicorn workers)',
      'its backlog or net.core.somaxconn is too small for the bursts',
    ],
    next: 'ss -lx (unix) or ss -ltn (TCP): Recv-Q at Send-Q means full. Then the latency of the program.',
  },
  permission_denied: {
    title: 'Permission denied',
    meaning: 'The system forbids the gateway to connect.',
    likely: [
      'SELinux: httpd_can_network_connect is off',
      'owner or mode of the unix socket',
      'a prohibit route or an outgoing firewall rule',
    ],
    next: 'ausearch -m avc -ts recent, then ls -lZ the socket and the user in nginx.conf.',
  },
  response_timeout: {
    title: 'No answer in time',
    meaning: 'The peer accepted the connection but did not send (or take) data before the gateway’s timeout.',
    likely: [
      'a slow request, query or lock in the program',
      'all its workers are busy',
      'proxy_read_timeout is shorter than the work takes',
    ],
    next: 'The program’s latency and its own downstream calls at that minute; then proxy_read_timeout and proxy_send_timeout.',
  },
  premature_close: {
    title: 'Closed without an answer',
    meaning: 'The peer closed the connection before it sent a complete response header.',
    likely: [
      'an idle keepalive connection was closed just as the gateway used it',
      'the program crashed or was stopped without draining',
      'it speaks another protocol than the gateway on that port',
    ],
    next: 'Crashes and restarts of the program at that second; else make its keepalive timeout longer than the gateway’s.',
  },
  truncated_response: {
    title: 'Answer cut off',
    meaning: 'The peer stopped in the middle of its response; the client got a status and a part of the body.',
    likely: [
      'the program crashed or timed out while it was sending',
      'it announced more in Content-Length than it sent',
    ],
    next: 'The program’s own log at that second: worker timeouts, crashes, memory limit.',
  },
  no_live_upstreams: {
    title: 'All peers marked down',
    meaning:
      'nginx had taken every server of the block out of rotation (or all are down or at max_conns) and tried none.',
    likely: [
      'earlier failures reached max_fails on every server',
      'all servers are marked down, or max_conns is reached',
    ],
    next: 'The failures of the same upstream just before this line are the cause. See max_fails and fail_timeout.',
  },
  dns_failure: {
    title: 'Name not resolved',
    meaning: 'The gateway could not resolve the name of an upstream.',
    likely: [
      'the Service or name does not exist',
      'the DNS server is down, overloaded or not reachable',
      'no resolver is configured for a name in a variable',
    ],
    next: 'dig @RESOLVER NAME from the gateway; then the state of the cluster’s DNS (kubectl -n kube-system get pods -l k8s-app=kube-dns).',
  },
  upstream_tls: {
    title: 'TLS to the upstream failed',
    meaning: 'The handshake with the peer or the check of its certificate failed.',
    likely: [
      'certificate expired, wrong name or unknown CA (proxy_ssl_name, proxy_ssl_trusted_certificate)',
      'no SNI sent: proxy_ssl_server_name is off',
      'the port speaks plain HTTP, or wants another protocol version or a client certificate',
    ],
    next: 'openssl s_client -connect ADDRESS:PORT -servername NAME </dev/null | openssl x509 -noout -dates -subject -issuer',
  },
  header_too_big: {
    title: 'Response header too big',
    meaning: 'The response header does not fit into the gateway’s buffer.',
    likely: [
      'many or large Set-Cookie headers',
      'a long redirect or token in a header',
      'proxy_buffer_size left at 4k or 8k',
    ],
    next: 'curl -sD- -o/dev/null the peer directly | wc -c; then raise proxy_buffer_size (fastcgi_buffer_size).',
  },
  protocol_error: {
    title: 'Answer not understood',
    meaning: 'The peer broke the protocol that the gateway speaks with it, or refused the stream.',
    likely: [
      'invalid or duplicate response headers',
      'HTTP/1 spoken to an HTTP/2 or gRPC port, or the other way round',
      'the peer closes its HTTP/2 connections (GOAWAY) while requests start',
    ],
    next: 'curl -v the peer directly and compare with proxy_pass, grpc_pass and proxy_http_version.',
  },
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
  rate_limited: {
    title: 'Limited by the gateway',
    meaning: 'limit_req or limit_conn delayed or refused a request (503, or what limit_req_status says).',
    likely: [
      'a client above its rate',
      'one key for many clients: the gateway sees only the address of a load balancer',
    ],
    next: 'The zone named in the line: its rate, burst and key; and real_ip if a load balancer is in front.',
  },
  circuit_open: {
    title: 'Circuit breaker open',
    meaning: 'Envoy refused requests because a limit of the cluster was reached.',
    likely: ['the cluster is slow and requests pile up', 'the default limits (1024) are too low for the load'],
    next: 'Envoy’s cluster.NAME.circuit_breakers.* and upstream_rq_active, then the cluster’s latency.',
  },
  no_healthy_upstream: {
    title: 'No healthy host',
    meaning: 'Envoy has no healthy host in the cluster.',
    likely: ['the Service has no ready endpoint', 'health checks fail or outlier detection ejected the hosts'],
    next: 'Envoy’s /clusters?format=json: health_status of each host; then kubectl get endpointslices.',
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
  app_error: {
    title: 'The application answered 5xx',
    meaning: 'The gateway passed on an error that the program behind it made.',
    likely: ['an error in the application or in something it depends on'],
    next: 'The application’s own log at that minute.',
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
};
