import { CLUSTER_STATS, type ClusterStat } from '../parse/envoy-stats.ts';
import { type ClusterGrowth, CONNECTIONS, STAT, sumOf } from './envoy-growth.ts';

/** Envoy's 503s that stand at no host, each with a counter that says why. */
export const HOSTLESS_ERRORS: readonly ClusterStat[] = [
  'upstream_cx_none_healthy',
  'upstream_rq_pending_overflow',
  'upstream_cx_pool_overflow',
  'upstream_rq_maintenance_mode',
];

/** Requests that had a code, and no attempt, for a reason that has a counter. */
const UNATTEMPTED: readonly ClusterStat[] = [
  ...HOSTLESS_ERRORS,
  ...(['upstream_rq_pending_failure_eject', 'ext_authz.denied', 'ratelimit.over_limit'] as const),
];

/** Of an upstream or of Envoy's own. */
const ANSWERS = CLUSTER_STATS.filter((stat) => /^upstream_rq_([1-4]xx|5\d\d)$/.test(stat));

/** The least number of requests that had a code and no attempt, and no counter that says why. */
function leastUnattempted({ stats, totals, activeBefore = 0 }: ClusterGrowth): number {
  const isHidden = totals[STAT.upstream_rq_total] === 0 && sumOf(totals, CONNECTIONS) > 0;
  const attempts = stats[STAT.upstream_rq_total] + activeBefore;
  return isHidden ? 0 : Math.max(0, sumOf(stats, ANSWERS) - attempts - sumOf(stats, UNATTEMPTED));
}

export interface Unexplained {
  /** 503s that no failed attempt of this poll or the last one explains. */
  readonly sure: number;
  /** Those of this poll that the next one may explain. */
  readonly held: number;
  /** All attempts of this poll that failed or were answered with 5xx. */
  readonly errors: number;
}

/**
 * Tells requests that Envoy dropped (`drop_overload`) from those that an upstream answered with 503. No counter tells of the former, and no host
 * has them. Hosts are read before the clusters' counters, so a 503 that no host has by the next poll never had one; what may be either waits.
 */
export class DroppedRequests {
  /** 5xx that no host had at the last poll. */
  #hostless = 0;
  /** Requests of the last poll that had no attempt, where hosts had left. */
  #unattempted = 0;
  #waiting = 0;

  divide({ sure, held, errors }: Unexplained, growth: ClusterGrowth): { dropped: number; asked: number } {
    const { stats, hosts, vanished, hasHosts = false } = growth;
    const atHosts = hosts.reduce((sum, host) => sum + host.errors, 0);
    const waiting = this.#waiting + sure;
    const old = this.#hostless - atHosts;
    const all = this.#hostless + errors - atHosts - sumOf(stats, HOSTLESS_ERRORS);
    // Hosts that left have taken their last errors with them.
    const isKnown = hasHosts && vanished.length === 0;
    const hostless = isKnown ? Math.max(0, Math.min(all, waiting + held)) : 0;
    const dropped = Math.min(waiting, Math.max(0, this.#unattempted, Math.min(old, hostless)));
    this.#unattempted = isKnown ? 0 : leastUnattempted(growth);
    this.#hostless = Math.max(0, hostless - dropped);
    const asked = Math.max(0, waiting - dropped - this.#hostless);
    this.#waiting = waiting - dropped - asked;
    return { dropped, asked };
  }
}
