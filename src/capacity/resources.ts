/** What a series is about, and with it the labels that name one row. */
export type Place = 'gateway' | 'network' | 'autoscaler';
export type Unit = 'count' | 'bytes' | 'share' | 'per_core';

/** One thing that can run out. */
export interface Resource {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly place: Place;
  /** Labels that tell rows apart beside those of the place. */
  readonly labels: readonly string[];
  /** Gauge of what is used, or `over`: a quotient of rates whose hourly values are looked at. */
  readonly use: string | { readonly counters: readonly string[]; readonly over: string; readonly isOverRate: boolean };
  /** Matchers of that gauge. */
  readonly useMatchers?: string;
  /** Gauge of the limit, or a guideline, or null: only what the user gives. */
  readonly limit: string | number | null;
  readonly limitMatchers?: string;
  /** Labels of `labels` that the limit does not have. */
  readonly limitLacks?: readonly string[];
  /** Counter that grows when the limit was hit, and its matchers. */
  readonly losses?: { readonly counter: string; readonly matchers?: string; readonly what: string };
  /** Units of badgateway that publish it, and what that needs. */
  readonly collectors: readonly string[];
  readonly needs: string;
  /** What to change, by its name, and what to mind. */
  readonly setting: string;
  readonly advice: string;
}

const failures = (cause: string) => ({
  counter: 'badgateway_failures_total',
  matchers: `cause="${cause}"`,
  what: `failures with cause ${cause}`,
});

/** In the order of the report. */
export const RESOURCES: readonly Resource[] = [
  {
    ...{ id: 'worker_connections', title: 'worker connections', unit: 'count', place: 'gateway', labels: [] },
    ...{ use: 'badgateway_worker_connections_used', limit: 'badgateway_worker_connections_limit' },
    losses: failures('worker_connections_exhausted'),
    ...{ collectors: ['nginx_workers'], needs: 'nginx seen as processes, and its configuration for the limit' },
    setting: 'worker_connections (nginx, events)',
    advice:
      'a proxied request holds two; worker_rlimit_nofile must be twice as large; a reload doubles the workers for a while',
  },
  {
    ...{ id: 'open_files', title: 'open files of a worker', unit: 'count', place: 'gateway', labels: [] },
    ...{ use: 'badgateway_worker_open_fds', limit: 'badgateway_worker_open_fds_limit' },
    losses: failures('fds_exhausted'),
    ...{ collectors: ['nginx_workers'], needs: 'nginx seen as processes, Linux 6.2 or newer' },
    setting: 'worker_rlimit_nofile (nginx)',
    advice: 'not above the hard limit of the container (LimitNOFILE, fs.nr_open)',
  },
  {
    ...{ id: 'conntrack', title: 'tracked connections', unit: 'count', place: 'network', labels: [] },
    ...{ use: 'badgateway_conntrack_entries', limit: 'badgateway_conntrack_entries_limit' },
    losses: { counter: 'badgateway_conntrack_drops_total', what: 'packets dropped for want of an entry' },
    ...{ collectors: ['conntrack'], needs: 'the module nf_conntrack on the node' },
    setting: 'net.netfilter.nf_conntrack_max (sysctl)',
    advice:
      'one value for the machine; net.netfilter.nf_conntrack_buckets at a quarter of it or more; shorter nf_conntrack_tcp_timeout_* free entries without memory',
  },
  {
    ...{ id: 'local_ports', title: 'local ports to one address', unit: 'count', place: 'gateway' },
    labels: ['upstream_namespace', 'upstream_service', 'upstream'],
    use: 'badgateway_upstream_local_ports_in_use',
    ...{
      limit: 'badgateway_gateway_local_ports_limit',
      limitLacks: ['upstream_namespace', 'upstream_service', 'upstream'],
    },
    losses: failures('ephemeral_ports_exhausted'),
    ...{ collectors: ['upstream_sockets'], needs: 'the sockets of the gateway' },
    setting: 'keepalive (nginx, upstream) with proxy_http_version 1.1 and an empty Connection header',
    advice:
      'reuse frees ports that TIME_WAIT holds for 60 s; after that net.ipv4.ip_local_port_range, or more addresses behind the upstream',
  },
  {
    ...{ id: 'listen_queue', title: 'listen queue', unit: 'count', place: 'network', labels: ['port'] },
    ...{ use: 'badgateway_listen_queue_length', limit: 'badgateway_listen_queue_limit' },
    losses: { counter: 'badgateway_listen_overflows_total', what: 'SYNs dropped at a full queue (of all ports there)' },
    ...{ collectors: ['listeners'], needs: 'the network namespaces of gateways and backends' },
    setting: 'listen … backlog= (nginx) and net.core.somaxconn (sysctl of the pod)',
    advice:
      'the smaller of the two holds; looked at every 15 s, so shorter bursts show as overflows only; a queue that is often full is a server too slow to accept',
  },
  {
    ...{ id: 'memory', title: 'memory', unit: 'bytes', place: 'gateway', labels: ['container'] },
    ...{ use: 'badgateway_memory_working_set_bytes', limit: 'badgateway_memory_limit_bytes' },
    losses: { counter: 'badgateway_oom_kills_total', what: 'processes killed for want of memory' },
    ...{ collectors: ['cgroups'], needs: 'the cgroups of gateways; without a limit only the use is shown' },
    setting: 'resources.limits.memory',
    advice:
      'first look for workers that do not end after reloads (worker_shutdown_timeout); growth at night, too, is a leak that no limit cures',
  },
  {
    ...{ id: 'cpu_throttling', title: 'CPU periods throttled', unit: 'share', place: 'gateway', labels: ['container'] },
    use: {
      counters: ['badgateway_cpu_throttled_periods_total'],
      over: 'badgateway_cpu_periods_total',
      isOverRate: true,
    },
    limit: 0.25,
    ...{ collectors: ['cgroups'], needs: 'cgroups of gateways with a CPU limit' },
    setting: 'resources.limits.cpu, and worker_processes (nginx) not above it',
    advice: '25 % is a guideline, not a wall: worker_processes auto counts the cores of the host, not the limit',
  },
  {
    ...{
      id: 'requests_per_core',
      title: 'requests/s per core of the CPU limit',
      unit: 'per_core',
      place: 'gateway',
      labels: [],
    },
    use: {
      counters: ['badgateway_requests_total', 'badgateway_nginx_requests_total'],
      over: 'badgateway_cpu_limit_cores',
      isOverRate: false,
    },
    limit: null,
    ...{
      collectors: ['nginx_access_log', 'nginx_status', 'envoy', 'cgroups'],
      needs: 'counted requests (access log, stub_status or Envoy) and a CPU limit',
    },
    setting: 'replicas, or resources.limits.cpu',
    advice:
      'measure what one core can serve and give it as --requests-per-core; badgateway has no figure for your traffic',
  },
  {
    ...{
      id: 'envoy_pools',
      title: 'Envoy circuit breakers',
      unit: 'count',
      place: 'gateway',
      labels: ['upstream', 'breaker'],
    },
    ...{
      use: 'badgateway_envoy_cluster_active',
      limit: 'badgateway_envoy_cluster_limit',
      limitMatchers: 'priority="default"',
    },
    losses: failures('circuit_open'),
    ...{ collectors: ['envoy'], needs: "Envoy's admin interface" },
    setting:
      'circuit_breakers.thresholds (Envoy cluster): max_connections, max_pending_requests, max_requests, max_retries',
    advice: 'the upstream must bear what the breaker lets through; the moment of a poll is seen, short peaks are not',
  },
  {
    ...{ id: 'replicas', title: 'replicas of an autoscaler', unit: 'count', place: 'autoscaler', labels: [] },
    ...{ use: 'badgateway_autoscaler_replicas', useMatchers: 'state="desired"' },
    ...{ limit: 'badgateway_autoscaler_replicas', limitMatchers: 'state="max"' },
    ...{ collectors: ['kubernetes'], needs: 'HorizontalPodAutoscalers behind a gateway' },
    setting: 'maxReplicas (HorizontalPodAutoscaler)',
    advice: 'the nodes must have room for them',
  },
];
