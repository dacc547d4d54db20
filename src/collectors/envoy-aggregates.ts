import { CLUSTER_STATS, type ClusterStat } from '../parse/envoy-stats.ts';
import { weighBroken } from './envoy-broken.ts';
import { byOtherErrors } from './envoy-failures.ts';
import { type ClusterGrowth, CONNECTIONS, type HostGrowth, STAT, sumOf, TIMEOUTS } from './envoy-growth.ts';

/** What Envoy counts for the cluster of the route, though another one has the hosts. */
const OF_THE_ROUTE = CLUSTER_STATS.filter((stat) =>
  /^(retry\.)?upstream_rq_([1-5]xx|5\d\d|completed|retry)$/.test(stat),
);
const MOVED: readonly ClusterStat[] = [...OF_THE_ROUTE, ...TIMEOUTS];

/**
 * A cluster that others reach through an aggregate cluster only (`envoy.clusters.aggregate`): it has connections and attempts, and never had an
 * answer or a timeout, which Envoy counts for the aggregate (seen on 1.36.4).
 */
export function isBelowAggregate(totals: Float64Array): boolean {
  const isAsked = totals[STAT.upstream_rq_total] > 0 && sumOf(totals, CONNECTIONS) > 0;
  return isAsked && sumOf(totals, MOVED) === 0;
}

function isAggregate({ totals, hasHosts, vanished }: ClusterGrowth): boolean {
  const isEmpty = hasHosts !== true && vanished.length === 0;
  return isEmpty && totals[STAT.upstream_rq_total] === 0 && sumOf(totals, CONNECTIONS) === 0;
}

const sumOver = (hosts: readonly HostGrowth[], count: (host: HostGrowth) => number) =>
  hosts.reduce((sum, host) => sum + count(host), 0);

/** Tells the failures behind an aggregate cluster by the hosts of the cluster below, which have each of them, and there only. */
export class AggregateAnswers {
  /** Failed attempts that the cluster counted before a host did: hosts are read first. */
  #ahead = 0;

  /** @param areBelow some cluster of this Envoy is below an aggregate */
  place(growth: ClusterGrowth, areBelow: boolean): ClusterGrowth {
    if (isBelowAggregate(growth.totals)) return this.#complete(growth);
    return areBelow && isAggregate(growth) ? withoutAnswers(growth) : growth;
  }

  #complete(growth: ClusterGrowth): ClusterGrowth {
    const [stats, totals] = [growth.stats.slice(), growth.totals.slice()];
    const timeouts = sumOver(growth.hosts, (host) => host.timeouts);
    const errors = sumOver(growth.hosts, byOtherErrors);
    for (const values of [stats, totals]) values[STAT.upstream_rq_timeout] += timeouts;
    // Envoy's own answers to what the upstream broke off.
    stats[STAT.upstream_rq_502] = Math.min(errors, stats[STAT.upstream_cx_protocol_error]);
    stats[STAT.upstream_rq_503] = Math.min(errors, stats[STAT.upstream_rq_rx_reset]);
    const { closed, malformed, reset, refused } = weighBroken({ stats, totals });
    const connectFails = sumOver(growth.hosts, (host) => host.connectFails);
    const died = Math.max(0, stats[STAT.upstream_rq_pending_failure_eject] - connectFails);
    const answered = errors - closed - malformed - reset - refused - died - this.#ahead;
    this.#ahead = Math.max(0, -answered);
    // Of which code they were is not told; this one is never Envoy's own.
    stats[STAT.upstream_rq_500] = Math.max(0, answered);
    return { ...growth, stats, totals };
  }
}

function withoutAnswers(growth: ClusterGrowth): ClusterGrowth {
  const stats = growth.stats.slice();
  for (const stat of MOVED) stats[STAT[stat]] = 0;
  return { ...growth, stats };
}
