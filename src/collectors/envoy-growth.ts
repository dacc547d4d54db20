import { CLUSTER_STATS, type ClusterStat } from '../parse/envoy-stats.ts';

/** What a host's counters grew by in one poll. */
export interface HostGrowth {
  readonly scheme: string;
  readonly address: string;
  readonly port: number | null;
  readonly connectFails: number;
  readonly errors: number;
  readonly timeouts: number;
  /** It has answered, and not with 5xx, since it is a host of the cluster. */
  readonly hasAnswered?: boolean;
}

export interface ClusterGrowth {
  /** Growth by index of CLUSTER_STATS. */
  readonly stats: Float64Array;
  /** Absolute values by index of CLUSTER_STATS. */
  readonly totals: Float64Array;
  readonly hosts: readonly HostGrowth[];
  /** Hosts that left the cluster less than two polls ago. */
  readonly vanished: readonly HostGrowth[];
  /** The cluster's host when it has had no other lately. */
  readonly soleHost: HostGrowth | null;
  /** Attempts that were under way at the last poll. */
  readonly activeBefore?: number;
  /** Hosts of it are listed now, whether they grew or not. */
  readonly hasHosts?: boolean;
  /** As many clients have left, or broken off, as requests were given up: none of these was answered. */
  readonly haveClientsLeft?: boolean;
}

export const STAT: Readonly<Record<ClusterStat, number>> = Object.fromEntries(
  CLUSTER_STATS.map((stat, index) => [stat, index]),
) as Record<ClusterStat, number>;

export const TIMEOUTS: readonly ClusterStat[] = [
  'upstream_rq_timeout',
  'upstream_rq_per_try_timeout',
  'upstream_rq_max_duration_reached',
];

/** Without any of them nobody answered. */
export const CONNECTIONS: readonly ClusterStat[] = [
  'upstream_cx_http1_total',
  'upstream_cx_http2_total',
  'upstream_cx_http3_total',
];

export function sumOf(values: Float64Array, stats: readonly ClusterStat[]): number {
  return stats.reduce((sum, stat) => sum + values[STAT[stat]], 0);
}

export function isMultiplexed({ totals }: Pick<ClusterGrowth, 'totals'>): boolean {
  return totals[STAT.upstream_cx_http2_total] + totals[STAT.upstream_cx_http3_total] > 0;
}

/**
 * Nothing says that the cluster's stats are shown: nobody answered, and its control plane or name server has told nothing. A stats matcher may
 * show the codes and hide what explains them.
 */
export function areReasonsHidden({ totals }: Pick<ClusterGrowth, 'totals'>): boolean {
  return sumOf(totals, CONNECTIONS) === 0 && totals[STAT.update_success] === 0;
}

/**
 * Cluster stats that were never written although hosts count failures: a stats matcher (Istio's default) hides them, and
 * the hosts' own counters are all there is.
 */
export function areStatsHidden({ totals, hosts }: ClusterGrowth): boolean {
  const connectFails = hosts.reduce((sum, host) => sum + host.connectFails, 0);
  const timeouts = hosts.reduce((sum, host) => sum + host.timeouts, 0);
  return (
    (connectFails > 0 && totals[STAT.upstream_cx_connect_fail] === 0) || (timeouts > 0 && sumOf(totals, TIMEOUTS) === 0)
  );
}
