/** Bits of a host's health; none set is healthy. Names as in envoy.admin.v3.HostHealthStatus. */
export const HOST_FLAGS = {
  failedActiveHealthCheck: 1,
  failedOutlierCheck: 2,
  failedActiveDegradedCheck: 4,
  pendingDynamicRemoval: 8,
  pendingActiveHealthCheck: 16,
  excludedViaImmediateHealthCheckFail: 32,
  activeHealthCheckTimeout: 64,
  edsUnhealthy: 128,
  edsDraining: 256,
  edsTimeout: 512,
  edsDegraded: 1024,
} as const;

/** Envoy's per-host primitive counters; zero values are omitted from the JSON, non-zero ones are strings. */
export const HOST_COUNTERS = [
  'cx_connect_fail',
  'cx_total',
  'rq_error',
  'rq_success',
  'rq_timeout',
  'rq_total',
  'cx_active',
  'rq_active',
] as const;
export type HostCounter = (typeof HOST_COUNTERS)[number];

export interface HostStatus {
  /** `tcp`: IP address and port; `unix`: path; `internal`: an Envoy internal listener. */
  scheme: 'tcp' | 'unix' | 'internal';
  address: string;
  port: number | null;
  hostname: string;
  weight: number;
  priority: number;
  /** Bits of `HOST_FLAGS`. */
  flags: number;
  counters: Record<HostCounter, number>;
}

export interface BreakerThreshold {
  priority: 'default' | 'high';
  maxConnections: number;
  maxPendingRequests: number;
  maxRequests: number;
  maxRetries: number;
}

export interface ClusterStatus {
  name: string;
  /** The name in `/stats` (alt_stat_name); empty in Envoy < 1.18. */
  observabilityName: string;
  edsServiceName: string;
  addedViaApi: boolean;
  thresholds: BreakerThreshold[];
  hosts: HostStatus[];
}

export function newCluster(): ClusterStatus {
  return { name: '', observabilityName: '', edsServiceName: '', addedViaApi: false, thresholds: [], hosts: [] };
}

export function newHost(): HostStatus {
  return resetHost({ counters: {} } as HostStatus);
}

/** Every field anew: the same object serves host after host. */
export function resetHost(host: HostStatus): HostStatus {
  host.scheme = 'tcp';
  host.address = '';
  host.port = null;
  host.hostname = '';
  host.weight = 0;
  host.priority = 0;
  host.flags = 0;
  const { counters } = host;
  counters.cx_connect_fail = 0;
  counters.cx_total = 0;
  counters.rq_error = 0;
  counters.rq_success = 0;
  counters.rq_timeout = 0;
  counters.rq_total = 0;
  counters.cx_active = 0;
  counters.rq_active = 0;
  return host;
}

export function newThreshold(): BreakerThreshold {
  // proto3 JSON omits zeros; `max_pending_requests: 0` is a real setting.
  return { priority: 'default', maxConnections: 0, maxPendingRequests: 0, maxRequests: 0, maxRetries: 0 };
}
