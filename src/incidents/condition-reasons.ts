import type { Cause } from '../contract/names.ts';
import type { Condition } from '../contract/upstream.ts';

/** What a bad state means for failures of the same gateway. */
export interface Reason {
  /** States with one story: without failures they are one incident. */
  readonly family: 'configuration' | 'workers' | 'certificates' | 'sidecar' | 'conntrack' | 'endpoints';
  /** It is why these failed, at all Services: they are one incident. */
  readonly explains: readonly Cause[];
  /** It can be why these failed: it is shown with each incident of theirs. */
  readonly fits: readonly Cause[];
  /** Goes on after `gateway edge: `. */
  readonly words: string;
  /** What to do; `$EXEC` becomes `kubectl exec …` of the replica, or nothing. */
  readonly next: string;
}

/** A gateway that does not get the truth keeps addresses that are gone. One that is there and slow is none of them. */
const GONE: readonly Cause[] = ['stale_endpoint', 'foreign_endpoint', 'terminating_endpoint', 'no_route_to_host'];
/** What requests to addresses that are gone, or their Service without one, may also look like. */
const UNREACHABLE: readonly Cause[] = [
  'connect_timeout',
  'connection_refused',
  'no_live_upstreams',
  'no_healthy_upstream',
  'not_ready_endpoint',
  'port_mismatch',
  'not_listening',
  'no_cluster',
];
const EXHAUSTED: readonly Cause[] = [
  'worker_connections_exhausted',
  'fds_exhausted',
  'ephemeral_ports_exhausted',
  'overload',
  'oom_killed',
];
const NO_CAUSE: readonly Cause[] = [];

function outdated(words: string, next: string): Reason {
  return { family: 'configuration', explains: GONE, fits: [...UNREACHABLE, 'no_endpoints'], words, next };
}

function ofWorkers(words: string, next: string, fits: readonly Cause[] = EXHAUSTED): Reason {
  return { family: 'workers', explains: NO_CAUSE, fits, words, next };
}

export const REASONS: Readonly<Record<Condition, Reason>> = {
  token_expired: outdated(
    'the token of the control plane’s agent has expired',
    'Restart what holds the token, first the controller, then the gateway: kubectl -n $NAMESPACE rollout restart deployment/$GATEWAY',
  ),
  control_plane_down: outdated(
    'its control plane is down',
    'kubectl get pods -A -l app.kubernetes.io/name=nginx-gateway-fabric, then the controller’s log and events.',
  ),
  control_plane_disconnected: outdated(
    'it has lost its control plane',
    'The address, certificate and network policy between gateway and control plane; Envoy: control_plane.connected_state.',
  ),
  not_resynced: outdated(
    'it was not resynced',
    'The controller’s log since its start; then restart it, wait until it is ready, and restart the gateway: badgateway remedy $NAMESPACE/$GATEWAY',
  ),
  config_not_loaded: outdated(
    'the configuration on disk is not the one that runs',
    '$EXEC nginx -t, then $EXEC nginx -s reload',
  ),
  config_invalid: outdated(
    'its configuration is refused',
    '$EXEC nginx -t: until it passes no change reaches the gateway.',
  ),
  replica_diverged: {
    ...outdated(
      'its replicas do not have the same upstreams',
      'Compare the replicas: badgateway upstreams, then restart the one that differs.',
    ),
    explains: NO_CAUSE,
    fits: [...GONE, ...UNREACHABLE],
  },
  truth_stale: {
    ...outdated(
      'what the cluster has is not known any more',
      'kubectl get --raw /readyz, then badgateway’s collector kubernetes on this page.',
    ),
    explains: NO_CAUSE,
    fits: [...GONE, 'connect_timeout'],
  },
  gateway_not_listening: {
    ...outdated(
      'it does not listen on its ports',
      '$EXEC ss -ltn, then the listen lines of the running configuration: $EXEC nginx -T',
    ),
    explains: NO_CAUSE,
    fits: NO_CAUSE,
  },
  no_endpoints: {
    family: 'endpoints',
    explains: ['no_endpoints'],
    fits: [...GONE, ...UNREACHABLE],
    words: 'Services without a ready endpoint',
    next: 'kubectl get endpointslices -A, then the pods behind those Services: kubectl describe pod',
  },
  worker_pileup: ofWorkers(
    'old workers pile up behind long connections',
    '$EXEC ps -o pid,etime,rss,args -C nginx, then worker_shutdown_timeout in nginx.conf.',
  ),
  worker_crashed: ofWorkers(
    'workers die',
    'The error log’s “exited on signal” lines and the kernel log: dmesg -T | grep -i nginx',
  ),
  reload_storm: ofWorkers(
    'it is reloaded all the time',
    'What changes: kubectl get hpa,endpointslices -A -w; then split the gateway.',
  ),
  noop_reloads: ofWorkers(
    'it is reloaded without a change',
    'The controller’s log; its upgrade or its sorting of backends.',
  ),
  oom_killed: ofWorkers(
    'it was killed for want of memory',
    'kubectl -n $NAMESPACE describe pod $POD: limit and last state; then what holds the memory (old workers first).',
    [...EXHAUSTED, 'premature_close', 'connection_reset', 'truncated_response'],
  ),
  crash_looping: ofWorkers('it crashes again and again', 'kubectl -n $NAMESPACE logs $POD --previous'),
  listen_queue_overflow: ofWorkers(
    'its listen queue is full',
    '$EXEC ss -ltn: Recv-Q at Send-Q means full. Then slow upstreams, before net.core.somaxconn and backlog.',
    [...EXHAUSTED, 'listen_queue_overflow'],
  ),
  syn_queue_full: ofWorkers(
    'its SYN queue is full',
    '$EXEC nstat -az TcpExtTCPReqQFullDrop; then net.ipv4.tcp_max_syn_backlog.',
    [...EXHAUSTED, 'syn_queue_full'],
  ),
  sidecar_down: {
    family: 'sidecar',
    explains: ['sidecar_down'],
    fits: ['connection_refused', 'no_live_upstreams'],
    words: 'its sidecar does not listen',
    next: 'kubectl -n $NAMESPACE describe pod $POD: the state of the sidecar’s container.',
  },
  conntrack_full: {
    family: 'conntrack',
    explains: ['conntrack_full', 'conntrack_insert_failed'],
    fits: ['connect_timeout', 'dns_failure'],
    words: 'connection tracking is full',
    next: 'On the node: sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
  },
  certificate_expired: {
    family: 'certificates',
    explains: NO_CAUSE,
    fits: ['upstream_tls'],
    words: 'a certificate has expired',
    next: 'openssl x509 -noout -enddate -in FILE of the certificate named, then its issuer (cert-manager).',
  },
};

/** Somebody works on the gateway: worth knowing beside what fails, and no harm by itself. */
const ONLY_BESIDE: ReadonlySet<Condition> = new Set(['reload_storm', 'noop_reloads']);

/** Whether the state is an incident also without a failure. */
export function opensIncident(condition: Condition): boolean {
  return !ONLY_BESIDE.has(condition);
}

/** How the state stands to failures of a Service; evidence of `no_endpoints` names the Services that it is about. */
export function standsTo(
  { condition, evidence }: { readonly condition: Condition; readonly evidence: string },
  cause: Cause,
  service: string,
): 'explains' | 'fits' | null {
  if (condition === 'no_endpoints' && !servicesIn(evidence).includes(service)) return null;
  if (REASONS[condition].explains.includes(cause)) return 'explains';
  return REASONS[condition].fits.includes(cause) ? 'fits' : null;
}

/** `shop/cart:80, shop/pay:80` */
export function servicesIn(evidence: string): string[] {
  return [...new Set(evidence.split(', ').map((place) => place.replace(/:[^:/]*$/, '')))];
}
