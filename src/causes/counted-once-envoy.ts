import type { FailureSource, Observation, PeerAddress } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';

/** In keys: names have blanks. */
const BETWEEN = '\n';
/** A format without flags says 503 of everything. */
const ANY_KIND = '*';
/** In place of the cluster, which Envoy's default format does not say: the host, that there was none, or that it is not said either. */
const HOST = '@';
const NO_HOST = '@none';

/** Envoy had chosen no host. Of a circuit breaker it may have: that of requests comes after it. */
const HOSTLESS: ReadonlySet<Symptom> = new Set<Symptom>([
  ...(['no_cluster', 'no_healthy_upstream', 'overload'] as const),
]);
/** No failures; the statistics tell of each of them. */
const IN_STATS: ReadonlySet<Symptom> = new Set<Symptom>([
  ...(['route_not_found', 'fault_injected', 'rbac_denied', 'ext_authz_denied', 'rate_limited', 'local_reset'] as const),
]);

/** Which cluster it was, only the statistics know then. */
const OF_A_CLUSTER: ReadonlySet<Symptom> = new Set<Symptom>(['no_healthy_upstream', 'circuit_open', 'overload']);

type Said = Pick<
  Observation,
  'symptom' | 'peer' | 'upstream' | 'upstreamAlias' | 'isLogged' | 'loggedAs' | 'isTimeout'
> & {
  readonly source?: FailureSource | undefined;
};

/** A symptom of the access log that the statistics tell of too, and of a denial with its policy. */
export function isInStats({ proxy, failure, symptom, source }: Observation): boolean {
  return proxy === 'envoy' && source === 'access_log' && !failure && IN_STATS.has(symptom);
}

/** The access log does not say what it was, or of which upstream: the statistics may. */
export function isVagueLog({ symptom, peer, upstream }: Said): boolean {
  return symptom === 'other' || (OF_A_CLUSTER.has(symptom) && peer === null && upstream.upstream === '');
}

/** The cluster, and whether the upstream itself answered, as far as they are said. */
export function envoyKey(gateway: string, said: Said): string {
  return [gateway, kindOf(said), placeOf(said)].join(BETWEEN);
}

/** Keys under which the log may have said what the statistics say, the most telling first; the last one may be the beginning of several. */
export function logKeys(
  gateway: string,
  { loggedAs, symptom: told, peer, upstream, upstreamAlias }: Said,
): { keys: string[]; beginning: string | null } {
  const symptom = loggedAs ?? told;
  const kinds = kindsInLog({ symptom, upstream });
  const host = HOSTLESS.has(symptom) ? NO_HOST : hostOf(peer);
  const names = upstreamAlias === undefined ? [upstream.upstream] : [upstream.upstream, upstreamAlias];
  const keys = [...names, host, HOST].flatMap((place) =>
    [...kinds, ANY_KIND].map((one) => [gateway, one, place].join(BETWEEN)),
  );
  return { keys, beginning: host === HOST ? [gateway, kinds[0], HOST].join(BETWEEN) : null };
}

/** What the log may call what the statistics tell. Where these name a cluster they may not know which it was (AppErrors, DroppedRequests). */
function kindsInLog({
  loggedAs,
  symptom: told,
  upstream,
}: Pick<Said, 'symptom' | 'loggedAs' | 'upstream'>): readonly string[] {
  const symptom = loggedAs ?? told;
  const usual = kindOf({ symptom });
  if (upstream.upstream === '') return [usual];
  // Without details the log takes maintenance for a circuit breaker, and always what a load shed point of the connections to an upstream refuses.
  if (symptom === 'other') return [usual, 'answered', 'circuit_open'];
  return symptom === 'overload' ? [usual, 'circuit_open'] : [usual];
}

/** Whether the access log and the statistics may tell of the same failure. */
export function mayBeSame(log: Said, stats: Said): boolean {
  const kind = kindOf(log);
  if (stats.isLogged && !(kind === ANY_KIND && log.isTimeout)) return false;
  if (kind !== ANY_KIND && !kindsInLog(stats).includes(kind)) return false;
  const cluster = log.upstream.upstream;
  if (cluster === '') return doHostsAgree(log, stats);
  const isSame = cluster === stats.upstream.upstream || cluster === stats.upstreamAlias;
  return isSame && (kind !== ANY_KIND || doHostsAgree(log, stats));
}

export function isSameHost(one: PeerAddress | null, other: PeerAddress | null): boolean {
  return one?.address === other?.address && one?.port === other?.port;
}

function doHostsAgree(log: Said, stats: Said): boolean {
  if (log.peer === null) return !HOSTLESS.has(log.symptom) || stats.peer === null;
  // Not every counter is a host's.
  return stats.peer === null ? !HOSTLESS.has(stats.loggedAs ?? stats.symptom) : isSameHost(log.peer, stats.peer);
}

function kindOf({ symptom, source }: Pick<Said, 'symptom' | 'source'>): string {
  if (symptom === 'other' && source === 'access_log') return ANY_KIND;
  if (symptom === 'upstream_5xx') return 'answered';
  return symptom === 'no_cluster' || symptom === 'circuit_open' ? symptom : 'failed';
}

function placeOf({ symptom, peer, upstream, source }: Said): string {
  if (upstream.upstream !== '' || source !== 'access_log') return upstream.upstream;
  return HOSTLESS.has(symptom) ? NO_HOST : hostOf(peer);
}

function hostOf(peer: PeerAddress | null): string {
  return peer === null ? HOST : `${HOST}${peer.address} ${peer.port ?? ''}`;
}
