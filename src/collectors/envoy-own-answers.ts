import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import { CLUSTER_STATS } from '../parse/envoy-stats.ts';
import { weighBroken } from './envoy-broken.ts';
import type { Finding } from './envoy-failures.ts';
import { type ClusterGrowth, CONNECTIONS, type HostGrowth, STAT, sumOf } from './envoy-growth.ts';

/** 5xx of the connection managers that other counters tell of, each with its own finding; clusters are counted apart. */
const TOLD: readonly GlobalStat[] = [
  'no_cluster',
  'downstream_rq_overload_close',
  'rq_overload_local_reply',
  'rq_blocked',
  'rq_rejected',
  'aborts_injected',
];
/** Counted with 408 and 429 too: as many are failures as there are 5xx of Envoy's own. */
const CAPPED = ['downstream_rq_idle_timeout', 'downstream_rq_max_duration_reached', 'rate_limited'] as const;
/** Share of the clusters' 5xx that may stand between two counters. */
const UNSURE = 0.01;
const NOBODY_TELLS = 'Envoy answered 5xx itself, and no cluster tells of it: a direct response or a filter';

/** Requests of one cluster that Envoy gave up for a reason that the cluster's counters do not say. */
export interface GivenUp {
  readonly abandoned: number;
  /** The cluster's host when it has no other. */
  readonly soleHost: HostGrowth | null;
  /** Its hosts answer with errors and its own counters say nothing: a stats matcher hides them. */
  readonly isHidden: boolean;
}

export const NOTHING_GIVEN_UP: GivenUp = { abandoned: 0, soleHost: null, isHidden: false };

/** Without growth of these no request was given up. */
export const GIVEN_UP = [STAT.upstream_cx_destroy_local_with_active_rq, STAT.upstream_rq_tx_reset];

export function countGivenUp(stats: Float64Array, totals: Float64Array): number {
  const { abandoned, localResets } = weighBroken({ stats, totals });
  return abandoned + localResets;
}

export function givenUp(growth: ClusterGrowth): GivenUp {
  const isHidden = sumOf(growth.totals, CONNECTIONS) === 0 && growth.hosts.some(({ errors }) => errors > 0);
  return { abandoned: countGivenUp(growth.stats, growth.totals), soleHost: growth.soleHost, isHidden };
}

/** For a stream that was open for too long no code is counted (seen on 1.36.4). */
const ERRORS = CLUSTER_STATS.filter((stat) => /^upstream_rq_(5\d\d|max_duration_reached)$/.test(stat));

/** What the clusters of one poll say of them. */
export class ClustersAnswers {
  errors = 0;
  isHidden = false;
  #one: { readonly name: string; readonly alias: string; readonly host: HostGrowth | null } | null = null;
  #count = 0;

  add({ name, alias }: { readonly name: string; readonly alias: string }, stats: Float64Array, of: GivenUp): void {
    this.errors += sumOf(stats, ERRORS);
    this.isHidden ||= of.isHidden;
    if (of.abandoned === 0) return;
    this.#count++;
    this.#one = { name, alias, host: of.soleHost };
  }

  /** Timeouts are of the only cluster of which requests were given up; of several nobody knows which it was. */
  place(finding: Finding): [finding: Finding, upstream: string, alias?: string] {
    if (finding.symptom !== 'response_timeout' || this.#count !== 1 || this.#one === null) return [finding, ''];
    const { name, alias, host } = this.#one;
    return [{ ...finding, host }, name, alias];
  }
}

export interface AnsweredErrors {
  readonly growths: ReadonlyMap<GlobalStat, number>;
  /** 5xx that the clusters count, Envoy's own for them among these. */
  readonly ofClusters: number;
  /** An access log that is followed says each of them, and of which cluster; but Envoy sets no flag where a stream was open for too long. */
  readonly isLogged: boolean;
}

/**
 * 5xx that Envoy made itself and that stand in no cluster's counters: a stream was idle or open for too long, a local rate limit answers
 * with 503, a filter or a direct response does. A client that is too slow (408) or too fast (429) is none. The counters are read one after
 * another: what nothing explains counts when the next poll does not explain it either.
 */
export class OwnAnswers {
  /** Of the last poll: positive where nothing explained it yet, negative where answers were missing. */
  #held = 0;
  /** By CAPPED. */
  #heldCapped = CAPPED.map(() => 0);

  explain({ growths, ofClusters, isLogged }: AnsweredErrors): Finding[] {
    const sum = (stats: readonly GlobalStat[]) => stats.reduce((all, stat) => all + (growths.get(stat) ?? 0), 0);
    // Connections that were closed unread had no answer.
    const own = sum(['downstream_rq_5xx', 'connections_shed']) - ofClusters - sum(TOLD);
    let left = Math.max(0, own + Math.max(0, this.#held));
    const taken = CAPPED.map((stat, at) => {
      const grown = growths.get(stat) ?? 0;
      const count = Math.min(grown + this.#heldCapped[at], left);
      this.#heldCapped[at] = Math.max(0, grown - count);
      left -= count;
      return count;
    });
    const [idle, tooLong, limited] = taken;
    const others = this.#confirm(own - idle - tooLong - limited, Math.ceil(ofClusters * UNSURE));
    const host = null;
    const told: Finding[] = [
      { symptom: 'response_timeout', failure: true, host, count: tooLong, ...(isLogged ? { isLogged } : {}) },
      { symptom: 'rate_limited', failure: false, host, count: Math.max(0, sum(['rate_limited']) - limited) },
    ];
    const untold: Finding[] = [
      { symptom: 'response_timeout', failure: true, host, count: idle },
      { symptom: 'rate_limited', failure: true, host, count: limited },
      { symptom: 'other', failure: true, host, count: others, isLate: true, said: NOBODY_TELLS },
    ];
    return [...told, ...(isLogged ? [] : untold)].filter(({ count }) => count > 0);
  }

  /** How many of the last poll nothing has explained since. */
  #confirm(found: number, unsure: number): number {
    const held = this.#held;
    if (held <= 0) {
      this.#held = found > 0 ? Math.max(0, found + held) : found;
      return 0;
    }
    const sure = Math.max(0, held + Math.min(0, found) - unsure);
    this.#held = held + found - sure;
    return sure;
  }
}
