import type { ClusterStat } from '../parse/envoy-stats.ts';
import { UNAVAILABLE, weighBroken } from './envoy-broken.ts';
import { DroppedRequests } from './envoy-dropped.ts';
import {
  byOtherErrors,
  explainAppErrors,
  explainDropped,
  explainRefusedStreams,
  type Finding,
  type GrownHosts,
} from './envoy-failures.ts';
import { areReasonsHidden, areStatsHidden, type ClusterGrowth, isMultiplexed, STAT, sumOf } from './envoy-growth.ts';
import { markRetriedAnswers } from './envoy-retried.ts';

/** Codes that Envoy never makes for a cluster, and all 5xx that it tried again: the upstream's own. */
const CERTAIN: readonly ClusterStat[] = [
  'upstream_rq_500',
  'upstream_rq_501',
  'upstream_rq_505',
  'upstream_rq_507',
  'upstream_rq_508',
  'upstream_rq_511',
  'upstream_rq_520',
  'upstream_rq_521',
  'upstream_rq_522',
  'upstream_rq_523',
  'upstream_rq_524',
  'upstream_rq_525',
  'upstream_rq_526',
  'upstream_rq_529',
  'upstream_rq_530',
  'retry.upstream_rq_5xx',
];
/** Share of Envoy's own answers that may stand between two counters: far more than was seen (1 of 5,659). */
const UNSURE = 0.01;
/** HTTP/2's usual limit of concurrent streams: so many may be refused by one GOAWAY. */
const STREAMS = 100;
const CODES = ['upstream_rq_502', 'upstream_rq_503', 'upstream_rq_504'] as const;
const ALL: readonly ClusterStat[] = [...CERTAIN, ...CODES];
const UNAVAILABLE_CODE = CODES.indexOf('upstream_rq_503');
const TIMEOUT_CODE = CODES.indexOf('upstream_rq_504');

/** All attempts that failed or were answered with 5xx. */
export function errorsOf(growth: ClusterGrowth): number {
  return sumOf(growth.stats, ALL) + weighBroken(growth).retried;
}

/** By code the 5xx that Envoy has not made itself for a failed attempt, those that it never makes first. */
export function foreignErrors(growth: ClusterGrowth): readonly (readonly [code: ClusterStat, count: number])[] {
  const own = ownAnswers(growth);
  const { stats } = growth;
  return [
    ...CERTAIN.filter((code) => !code.startsWith('retry.')).map((code) => [code, stats[STAT[code]]] as const),
    ...CODES.map((code, at) => [code, Math.max(0, stats[STAT[code]] - own[at])] as const),
  ];
}

/** Attempts of one poll that end in Envoy's own 502, 503 or 504 unless they are tried again. */
function ownAnswers(growth: ClusterGrowth): number[] {
  const { stats, totals } = growth;
  const { closed, malformed, timeouts, abandoned, localResets, reset, refused, truncated } = weighBroken(growth);
  const cutStreams = stats[STAT.upstream_rq_rx_reset] - reset;
  const cutHeaders = Math.max(0, stats[STAT.upstream_cx_protocol_error] - truncated - malformed);
  const givenUp = growth.haveClientsLeft ? 0 : abandoned + localResets;
  // Of a cluster that speaks HTTP/1 and HTTP/2 it is not known which closed connections were whose.
  const isMixed = isMultiplexed({ totals }) && totals[STAT.upstream_cx_http1_total] > 0;
  const unclear = isMixed ? stats[STAT.upstream_cx_destroy_remote_with_active_rq] : 0;
  return [
    malformed + cutHeaders,
    sumOf(stats, UNAVAILABLE) - cutStreams + Math.max(0, closed - cutHeaders) + givenUp + refused + unclear,
    // The answer of a stream that was open for too long is counted nowhere.
    timeouts - stats[STAT.upstream_rq_max_duration_reached],
  ];
}

/** What of 502, 503 and 504 Envoy did not make itself, less what it has not made yet: by code, negative where it lacks. */
function unexplained(growth: ClusterGrowth): number[] {
  if (areStatsHidden(growth) || areReasonsHidden(growth)) return CODES.map(() => 0);
  const own = ownAnswers(growth);
  const codes = CODES.map((code) => growth.stats[STAT[code]]);
  let { retried } = weighBroken(growth);
  // Attempts without an answer of their code have been tried again.
  const missing = own.map((count, index) => Math.min(retried, Math.max(0, count - codes[index])));
  for (const [index, count] of missing.entries()) {
    const taken = Math.min(retried, count);
    own[index] -= taken;
    retried -= taken;
  }
  // The other retried ones hide behind as many answers of the upstream; of which code does not matter.
  for (const index of [1, 2, 0]) {
    const taken = Math.min(retried, own[index]);
    own[index] -= taken;
    retried -= taken;
  }
  return codes.map((count, index) => count - own[index]);
}

/**
 * 5xx that an upstream of one cluster answered itself. Envoy counts them together with its own; 502, 503 and 504 are the
 * upstream's where no failed attempt explains them. Envoy's counters are read one after another: such a one counts only
 * when the next poll has not brought the attempt, and the last few when no attempts fail any more.
 */
export class AppErrors {
  /** By code, of the last poll: not explained yet, or, when negative, attempts whose answer was not counted yet. */
  #held: number[] = CODES.map(() => 0);
  /** Of the poll in which they were held back. */
  #heldHosts: GrownHosts | null = null;
  /** 5xx that hosts have answered since something is held back. */
  #answered = 0;
  /** Streams that may have been refused in the last poll. */
  #heldRefusals = 0;
  readonly #dropped = new DroppedRequests();

  /** Some of the last poll may be the upstream's. */
  get isHolding(): boolean {
    return this.#held.some((held) => held > 0);
  }

  /** Those of this poll, then those of the last one that were held back. */
  explain(growth: ClusterGrowth): Finding[] {
    const now = unexplained(growth);
    const own = ownAnswers(growth);
    const confirmed = CODES.map(() => 0);
    this.#held = this.#held.map((held, index) => {
      const found = now[index];
      // While Envoy makes such answers too, some may always be between two of its counters.
      const unsure = Math.ceil(own[index] * UNSURE);
      if (held <= 0) return found > 0 ? Math.max(0, found + held) : Math.min(found, Math.max(held, -unsure));
      const sure = Math.max(0, held + Math.min(0, found) - unsure);
      confirmed[index] += sure;
      return held + found - sure;
    });
    this.#takeAnswered(confirmed, growth);
    const dropped = this.#takeDropped(confirmed, growth);
    const late = [...explainDropped(dropped), ...this.#explainConfirmed(confirmed, growth)];
    const { hosts, vanished, soleHost } = growth;
    this.#heldHosts = this.isHolding ? { hosts, vanished, soleHost } : null;
    return [
      ...markRetriedAnswers(explainAppErrors(growth, sumOf(growth.stats, CERTAIN)), growth),
      ...late.map((finding) => ({ ...finding, isLate: true })),
    ];
  }

  /** Of a request that it hedges Envoy counts the 504 once for each attempt: no host has answered these. */
  #takeAnswered(confirmed: number[], { hosts, vanished, hasHosts }: ClusterGrowth): void {
    const isKnown = hasHosts === true && vanished.length === 0;
    const grown = isKnown ? hosts.reduce((sum, host) => sum + byOtherErrors(host), 0) : Number.POSITIVE_INFINITY;
    const most = this.#answered + grown;
    confirmed[TIMEOUT_CODE] = Math.min(confirmed[TIMEOUT_CODE], most);
    this.#answered = this.isHolding ? most - confirmed[TIMEOUT_CODE] : 0;
  }

  /** Leaves those that hosts were asked for. */
  #takeDropped(confirmed: number[], growth: ClusterGrowth): number {
    const [sure, held] = [confirmed[UNAVAILABLE_CODE], Math.max(0, this.#held[UNAVAILABLE_CODE])];
    const { dropped, asked } = this.#dropped.divide({ sure, held, errors: errorsOf(growth) }, growth);
    confirmed[UNAVAILABLE_CODE] = asked;
    return dropped;
  }

  /** A stream that a GOAWAY refused has Envoy's 503, and no other counter tells of it. */
  #explainConfirmed(confirmed: readonly number[], growth: ClusterGrowth): Finding[] {
    const refusals = isMultiplexed(growth) ? growth.stats[STAT.upstream_cx_close_notify] * STREAMS : 0;
    const doubtful = Math.min(confirmed[UNAVAILABLE_CODE], refusals + this.#heldRefusals);
    this.#heldRefusals = refusals;
    const hosts = this.#heldHosts ?? growth;
    const all = confirmed.reduce((sum, count) => sum + count, 0);
    return [...explainAppErrors(hosts, all - doubtful), ...explainRefusedStreams(hosts, doubtful)];
  }
}
