import type { ClusterStat } from '../parse/envoy-stats.ts';
import { type ClusterGrowth, sumOf } from './envoy-growth.ts';

/** Envoy's 503s that stand at no host, each with a counter that says why. */
export const HOSTLESS_ERRORS: readonly ClusterStat[] = [
  'upstream_cx_none_healthy',
  'upstream_rq_pending_overflow',
  'upstream_cx_pool_overflow',
  'upstream_rq_maintenance_mode',
];

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
    const dropped = Math.max(0, Math.min(waiting, old, hostless));
    this.#hostless = hostless - dropped;
    const asked = Math.max(0, waiting - dropped - this.#hostless);
    this.#waiting = waiting - dropped - asked;
    return { dropped, asked };
  }
}
