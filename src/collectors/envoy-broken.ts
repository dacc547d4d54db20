import type { ClusterStat } from '../parse/envoy-stats.ts';
import { type ClusterGrowth, isMultiplexed, STAT, sumOf, TIMEOUTS } from './envoy-growth.ts';

/** Requests of one cluster that an upstream broke off, each in one of them. */
export interface BrokenRequests {
  /** The upstream closed before the end of the header. */
  readonly closed: number;
  /** The upstream closed within the body, or reset the stream. */
  readonly truncated: number;
  /** What came was not HTTP; on HTTP/2 connections. */
  readonly malformed: number;
  readonly timeouts: number;
  /** Requests that Envoy gave up for another reason: mostly the client left. On HTTP/1 their connections, … */
  readonly abandoned: number;
  /** … and on HTTP/2 and /3 their streams. */
  readonly localResets: number;
  /** Streams that the upstream reset before the header. */
  readonly reset: number;
  /** Streams that the upstream refused (REFUSED_STREAM), as it does while it ends or has too many; on HTTP/2. */
  readonly refused: number;
  /** Attempts that were tried again though no answer had come. */
  readonly retried: number;
}

/** Requests that Envoy answers with 503 itself, besides those that the upstream broke off. */
export const UNAVAILABLE: readonly ClusterStat[] = [
  'upstream_rq_pending_failure_eject',
  'upstream_rq_rx_reset',
  'upstream_cx_none_healthy',
  'upstream_rq_pending_overflow',
  'upstream_cx_pool_overflow',
  'upstream_rq_maintenance_mode',
];

/** Besides streams that Envoy reset: what goes with a protocol error of a connection that had requests. */
const BREAKING: readonly ClusterStat[] = [
  'upstream_rq_502',
  'upstream_cx_destroy_local_with_active_rq',
  'upstream_cx_destroy_remote_with_active_rq',
];

/**
 * Tells a cut answer from a malformed one. On HTTP/1 both are a protocol error (seen on 1.36.4); a cut one also counts as
 * destroyed by the upstream, a malformed one by Envoy. On HTTP/2 both are a reset stream. Within the body the answer's own code has been counted, before it
 * Envoy's 502 or 503, unless it was tried again. Where several kinds happened in one poll this is the least number of cut ones.
 */
export function weighBroken({ stats, totals }: Pick<ClusterGrowth, 'stats' | 'totals'>): BrokenRequests {
  const timeouts = sumOf(stats, TIMEOUTS);
  const protocolErrors = stats[STAT.upstream_cx_protocol_error];
  const answeredAndRetried = stats[STAT['retry.upstream_rq_completed']];
  const retried = Math.max(0, stats[STAT.upstream_rq_retry] - answeredAndRetried);
  const resets = stats[STAT.upstream_rq_rx_reset];
  const known = timeouts + answeredAndRetried;
  if (totals[STAT.upstream_cx_http1_total] === 0 || isMultiplexed({ totals })) {
    // A TCP proxy's session counts as an active request: its end is no failure. On HTTP/2 the ejected requests say it.
    const ownResets = Math.max(0, stats[STAT.upstream_rq_tx_reset] - known);
    // Frames that follow a GOAWAY and the last answer break no request.
    const unbroken = Math.max(0, protocolErrors - ownResets - sumOf(stats, BREAKING));
    const malformed = protocolErrors - Math.min(unbroken, stats[STAT.upstream_cx_close_notify]);
    const localResets = Math.max(0, ownResets - protocolErrors);
    const refused = refusedStreams(stats, localResets);
    const reset = Math.min(resets, stats[STAT.upstream_rq_503] + retried);
    return {
      closed: 0,
      truncated: resets - reset,
      malformed,
      timeouts,
      abandoned: 0,
      localResets,
      reset,
      refused,
      retried,
    };
  }
  const byUpstream = stats[STAT.upstream_cx_destroy_remote_with_active_rq];
  const byEnvoy = Math.max(0, stats[STAT.upstream_cx_destroy_local_with_active_rq] - known);
  const truncated = Math.min(byUpstream, Math.max(0, protocolErrors - stats[STAT.upstream_rq_502] - retried));
  const tunnels = endedTunnels({ stats, totals }, byUpstream - truncated - retried);
  const cut = Math.min(byUpstream, Math.max(truncated, protocolErrors - byEnvoy));
  const malformed = protocolErrors - cut;
  const abandoned = Math.max(0, byEnvoy - malformed);
  const ofHttp2 = { localResets: 0, reset: resets, refused: 0 };
  return { closed: byUpstream - truncated - tunnels, truncated, malformed, timeouts, abandoned, ...ofHttp2, retried };
}

/**
 * A tunnel is an active request for as long as it lasts, and its end is no failure, whoever ends it. A request that the upstream closed before
 * its header has Envoy's 503 (502 within it), unless it was tried again: what has none was a tunnel, where there are any.
 */
function endedTunnels({ stats, totals }: Pick<ClusterGrowth, 'stats' | 'totals'>, closed: number): number {
  return totals[STAT.upstream_rq_101] === 0
    ? 0
    : Math.max(0, closed - stats[STAT.upstream_rq_502] - stats[STAT.upstream_rq_503]);
}

/** An upstream that has answered may reset what it did not read: a 503 of Envoy's own must go with it. */
function refusedStreams(stats: Float64Array, localResets: number): number {
  const resets = stats[STAT['http2.rx_reset']] - stats[STAT.upstream_rq_rx_reset];
  const answers = stats[STAT.upstream_rq_503] - sumOf(stats, UNAVAILABLE) - localResets;
  return Math.max(0, Math.min(resets, answers));
}
