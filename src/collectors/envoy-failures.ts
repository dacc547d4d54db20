import type { Symptom } from '../contract/names.ts';
import { apportion } from '../parse/apportion.ts';
import type { ClusterStat } from '../parse/envoy-stats.ts';
import { weighBroken } from './envoy-broken.ts';
import {
  areStatsHidden,
  type ClusterGrowth,
  CONNECTIONS,
  type HostGrowth,
  isMultiplexed,
  STAT,
  sumOf,
} from './envoy-growth.ts';
import { refusedCertificates, VERIFY_FAILURES } from './envoy-verify.ts';

export interface Finding {
  readonly symptom: Symptom;
  readonly failure: boolean;
  /** Null when Envoy chose no host. */
  readonly host: HostGrowth | null;
  readonly count: number;
  /** Some of it may have happened before the last poll. */
  readonly isLate?: boolean;
  /** Attempts that were tried again: an access log tells of the last one only. */
  readonly isOnlyHere?: true;
  /** An access log has a line of each. */
  readonly isLogged?: true;
  /** What an access log calls it. */
  readonly loggedAs?: Symptom;
  /** What the counters tell beyond the symptom. */
  readonly said?: string;
}

const GOAWAY =
  'the upstream said GOAWAY meanwhile: it answered 503 itself, or took streams no more (an access log of Envoy tells)';

const SECRETS_MISSING: ClusterStat = 'client_ssl_socket_factory.upstream_context_secrets_not_ready';
const NO_SECRETS =
  'Envoy has not been given the certificates that it needs for TLS (SDS: upstream_context_secrets_not_ready): it began no connection';

const NO_HOST =
  'Envoy answered 503 before it chose a host, and none of its counters says why: so it drops requests (drop_overload)';

/** Requests that fail without a host: one counter each. */
const HOSTLESS: readonly (readonly [stat: ClusterStat, symptom: Symptom, failure: boolean])[] = [
  ['upstream_rq_pending_overflow', 'circuit_open', true],
  ['upstream_cx_none_healthy', 'no_healthy_upstream', true],
  // An operator's word (upstream.maintenance_mode).
  ['upstream_rq_maintenance_mode', 'other', true],
  ['ext_authz.denied', 'ext_authz_denied', false],
  ['ratelimit.over_limit', 'rate_limited', false],
];

/** Why connections failed in this poll, as connection counts. Envoy counts a timeout and a TLS failure in connect_fail too. */
function weighConnectFailures(growth: ClusterGrowth): readonly (readonly [Symptom, number])[] {
  const { stats } = growth;
  let left = stats[STAT.upstream_cx_connect_fail];
  const take = (wanted: number) => {
    const taken = Math.min(wanted, left);
    left -= taken;
    return taken;
  };
  const timeouts = take(stats[STAT.upstream_cx_connect_timeout]);
  const verify = take(sumOf(stats, VERIFY_FAILURES));
  const handshake = take(stats[STAT['ssl.connection_error']] + stats[STAT[SECRETS_MISSING]]);
  return [
    ['connect_refused', left],
    ['connect_timeout', timeouts],
    ['tls_verify', verify],
    ['tls_handshake', handshake],
  ];
}

type Weigh = (host: HostGrowth) => number;
const byConnectFails: Weigh = (host) => host.connectFails;
const byTimeouts: Weigh = (host) => host.timeouts;
export const byOtherErrors: Weigh = (host) => Math.max(0, host.errors - host.timeouts - host.connectFails);
const byErrors: Weigh = (host) => host.errors;

export type GrownHosts = Pick<ClusterGrowth, 'hosts' | 'vanished' | 'soleHost'>;

/** Splits over the hosts by the first weight that any host has; else names the only host; else splits over hosts that just left, if any. */
function splitOverHosts(growth: GrownHosts, what: Omit<Finding, 'host'>, weighs: readonly Weigh[]): Finding[] {
  const weigh = weighs.find((candidate) => growth.hosts.some((host) => candidate(host) > 0));
  const others = growth.soleHost ? [growth.soleHost] : growth.vanished;
  const hosts = weigh ? growth.hosts : others;
  if (what.count <= 0) return [];
  if (hosts.length === 0) return [{ ...what, host: null }];
  const parts = apportion(what.count, hosts.map(weigh ?? (() => 1)));
  return hosts.map((host, index) => ({ ...what, host, count: parts[index] })).filter((finding) => finding.count > 0);
}

/** Which of the cluster's hosts had which certificate is not told. */
function say(symptom: Symptom, { stats }: ClusterGrowth): Pick<Finding, 'symptom' | 'said'> {
  if (symptom === 'tls_verify') return { symptom, said: refusedCertificates(stats) };
  const isNotReady = symptom === 'tls_handshake' && stats[STAT[SECRETS_MISSING]] > 0;
  return isNotReady ? { symptom, said: NO_SECRETS } : { symptom };
}

function explainConnectFailures(growth: ClusterGrowth): Finding[] {
  const ejected = growth.stats[STAT.upstream_rq_pending_failure_eject];
  const attempts = weighConnectFailures(growth);
  // On HTTP/2 and /3 the requests of a connection that died are ejected too.
  const died = isMultiplexed(growth) ? growth.stats[STAT.upstream_cx_destroy_remote_with_active_rq] : 0;
  const weights = [...attempts.map(([, count]) => count), died];
  const isUnexplained = weights.every((weight) => weight === 0);
  const parts = isUnexplained ? weights : apportion(ejected, weights);
  const findings = attempts.flatMap(([symptom, count], index) => [
    ...splitOverHosts(growth, { ...say(symptom, growth), failure: true, count: parts[index] }, [byConnectFails]),
    // More attempts than requests: the request had given up, or was one of several connections opened for it.
    ...splitOverHosts(growth, { symptom, failure: false, count: count - parts[index] }, [byConnectFails]),
  ]);
  const rest = isUnexplained ? ejected : parts[attempts.length];
  const symptom = isMultiplexed(growth) ? 'premature_close' : 'other';
  return [...findings, ...splitOverHosts(growth, { symptom, failure: true, count: rest }, [byOtherErrors, byErrors])];
}

function explainBrokenRequests(growth: ClusterGrowth): Finding[] {
  const { closed, truncated, malformed, timeouts, localResets, reset, refused } = weighBroken(growth);
  const broken: readonly (readonly [Symptom, number])[] = [
    ['premature_close', closed],
    ['reset', reset + refused],
    ['protocol_error', malformed],
  ];
  return [
    ...splitOverHosts(growth, { symptom: 'response_timeout', failure: true, count: timeouts }, [byTimeouts, byErrors]),
    ...broken.flatMap(([symptom, count]) =>
      splitOverHosts(growth, { symptom, failure: true, count }, [byOtherErrors, byErrors]),
    ),
    // A host has counted them as what their headers said.
    ...splitOverHosts(growth, { symptom: 'truncated_response', failure: true, count: truncated }, []),
    { symptom: 'local_reset' as const, failure: false, host: null, count: localResets },
  ];
}

/** 5xx that the upstream answered itself (AppErrors). */
export function explainAppErrors(growth: GrownHosts, count: number): Finding[] {
  return splitOverHosts(growth, { symptom: 'upstream_5xx', failure: true, count }, [byOtherErrors, byErrors]);
}

function explainHosts(growth: ClusterGrowth): Finding[] {
  return growth.hosts.flatMap((host) => [
    { symptom: 'connect_refused' as const, failure: true, host, count: host.connectFails },
    { symptom: 'response_timeout' as const, failure: true, host, count: host.timeouts },
  ]);
}

/** 503s while the upstream said GOAWAY: its own, or Envoy's for streams that it did not take. */
export function explainRefusedStreams(growth: GrownHosts, count: number): Finding[] {
  return splitOverHosts(growth, { symptom: 'other', failure: true, count, said: GOAWAY }, [byOtherErrors, byErrors]);
}

/** 503s of Envoy's own that stand at no host and of which no counter tells. */
export function explainDropped(count: number): Finding[] {
  return count > 0 ? [{ symptom: 'overload', failure: true, host: null, count, said: NO_HOST }] : [];
}

/**
 * Where no further pool is allowed Envoy answers as if no host were healthy. Where no further connection is, requests wait, and sessions of a TCP
 * proxy end.
 */
function explainConnectionLimits({ stats, totals }: ClusterGrowth): Finding[] {
  const what = { symptom: 'circuit_open', failure: true, host: null } as const;
  return [
    { ...what, count: stats[STAT.upstream_cx_pool_overflow], loggedAs: 'no_healthy_upstream' },
    { ...what, count: sumOf(totals, CONNECTIONS) === 0 ? stats[STAT.upstream_cx_overflow] : 0 },
  ];
}

/**
 * What one cluster's counters say happened. The findings with `failure` add up exactly to Envoy's failed requests
 * (attempts when it retries): pending_failure_eject, timeouts, resets, early closes, overflows, no healthy host.
 */
export function explainCluster(growth: ClusterGrowth): Finding[] {
  const withHosts = areStatsHidden(growth)
    ? explainHosts(growth)
    : [...explainConnectFailures(growth), ...explainBrokenRequests(growth)];
  const hostless = HOSTLESS.map(([stat, symptom, failure]) => ({
    symptom,
    failure,
    host: null,
    count: growth.stats[STAT[stat]],
  }));
  return [...withHosts, ...hostless, ...explainConnectionLimits(growth)].filter((finding) => finding.count > 0);
}

/**
 * True when ejected requests cannot yet be explained: Envoy's counters are read one after another, so a failure in
 * between shows in the later ones only. The next poll has the rest.
 */
export function isHalfRead(growth: ClusterGrowth): boolean {
  const { stats, hosts, vanished } = growth;
  if (stats[STAT.upstream_rq_pending_failure_eject] === 0) return false;
  const connectFails = stats[STAT.upstream_cx_connect_fail];
  if (connectFails === 0) return stats[STAT.upstream_cx_destroy_remote_with_active_rq] === 0;
  return vanished.length === 0 && hosts.every((host) => host.connectFails === 0);
}
