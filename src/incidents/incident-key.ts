import type { Verdict } from '../causes/verdict.ts';
import type { PeerAddress } from '../contract/failure.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';
import { NO_NAME } from '../facts/upstream-identity.ts';

/**
 * Causes that are the gateway's own or its node's: whatever upstream they hit, it is one problem. A sidecar that is down may be the gateway's
 * or a peer's: the gateway's is a bad state of its own, which ties the failures together.
 */
const OF_THE_GATEWAY: Readonly<Partial<Record<Cause, string>>> = {
  worker_connections_exhausted: 'connections',
  fds_exhausted: 'connections',
  conntrack_full: 'conntrack',
  conntrack_insert_failed: 'conntrack',
  ephemeral_ports_exhausted: 'ports',
  dns_failure: 'dns',
  overload: 'overload',
  rate_limited: 'limits',
};

export function isOfTheGateway(cause: Cause): boolean {
  return OF_THE_GATEWAY[cause] !== undefined;
}

/** All replicas of a workload are one gateway. */
export function gatewayKey({ namespace, gateway }: Pick<Subject, 'namespace' | 'gateway'>): string {
  return `${namespace}\xff${gateway}`;
}

export function subjectKey({ namespace, pod, container, gateway }: Subject): string {
  return `${namespace}\xff${pod}\xff${container}\xff${gateway}`;
}

/**
 * What failures of one gateway have in common when they are one incident: the gateway's own trouble, the Service, the upstream; and
 * where neither is known the cause, because one cause at fifty unknown addresses is not fifty incidents.
 */
export function failureKey({
  cause,
  upstream,
  observation,
}: Pick<Verdict, 'cause' | 'upstream' | 'observation'>): string {
  const own = OF_THE_GATEWAY[cause];
  if (own !== undefined) return `gateway ${own}`;
  const { key } = namesOf(upstream);
  if (key !== '') return key;
  const block = blockOf(observation.peer);
  return block === '' ? causeKey(cause) : `upstream ${block}`;
}

/** Of failures that have nothing else in common. */
export function causeKey(cause: Cause): string {
  return `cause ${cause}`;
}

/** `namespace/name`; '' when it is not known. */
export function serviceOf(upstream: UpstreamIdentity): string {
  return namesOf(upstream).service;
}

/** `namespace/service:port`, or the upstream's name; '' when neither is known. */
export function affectedName(upstream: UpstreamIdentity, peer: PeerAddress | null): string {
  return namesOf(upstream).affected || blockOf(peer);
}

/** The same text for the same upstream and peer (as text). */
export function placeKey(upstream: UpstreamIdentity, peer: string): string {
  return `${namesOf(upstream).labels}\xff${peer}`;
}

/** '' where neither Service nor upstream is known. */
interface Names {
  readonly service: string;
  readonly affected: string;
  readonly key: string;
  readonly labels: string;
}

/** Every verdict asks, and those on the same upstream mostly have one object. */
const known = new WeakMap<UpstreamIdentity, Names>();

function namesOf(upstream: UpstreamIdentity): Names {
  let names = known.get(upstream);
  if (names === undefined) {
    names = makeNames(upstream);
    known.set(upstream, names);
  }
  return names;
}

function makeNames({ upstream, upstream_namespace, upstream_service, upstream_port }: UpstreamIdentity): Names {
  const labels = [upstream, upstream_namespace, upstream_service, upstream_port].join('\xff');
  if (upstream_service === '') {
    const affected = upstream === NO_NAME ? '' : upstream;
    return { service: '', affected, key: upstream === '' ? '' : `upstream ${upstream}`, labels };
  }
  const service = `${upstream_namespace}/${upstream_service}`;
  const affected = upstream_port === '' ? service : `${service}:${upstream_port}`;
  return { service, affected, key: `service ${service}`, labels };
}

/** A block's name or a socket's path; '' for an address. */
function blockOf(peer: PeerAddress | null): string {
  return peer !== null && peer.port === null ? peer.address : '';
}
