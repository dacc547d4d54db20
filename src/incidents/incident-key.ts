import type { Verdict } from '../causes/verdict.ts';
import type { PeerAddress } from '../contract/failure.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';

/** Causes that are the gateway's own or its node's: whatever upstream they hit, it is one problem. */
const OF_THE_GATEWAY: Readonly<Partial<Record<Cause, string>>> = {
  worker_connections_exhausted: 'connections',
  fds_exhausted: 'connections',
  conntrack_full: 'conntrack',
  conntrack_insert_failed: 'conntrack',
  ephemeral_ports_exhausted: 'ports',
  dns_failure: 'dns',
  overload: 'overload',
  rate_limited: 'limits',
  sidecar_down: 'sidecar',
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
  const service = serviceOf(upstream);
  if (service !== '') return `service ${service}`;
  const name = upstream.upstream || blockOf(observation.peer);
  return name === '' ? `cause ${cause}` : `upstream ${name}`;
}

/** `namespace/name`; '' when it is not known. */
export function serviceOf({ upstream_namespace, upstream_service }: UpstreamIdentity): string {
  return upstream_service === '' ? '' : `${upstream_namespace}/${upstream_service}`;
}

/** `namespace/service:port`, or the upstream's name; '' when neither is known. */
export function affectedName(upstream: UpstreamIdentity, peer: PeerAddress | null): string {
  const service = serviceOf(upstream);
  if (service === '') return upstream.upstream || blockOf(peer);
  return upstream.upstream_port === '' ? service : `${service}:${upstream.upstream_port}`;
}

/** A block's name or a socket's path; '' for an address. */
function blockOf(peer: PeerAddress | null): string {
  return peer !== null && peer.port === null ? peer.address : '';
}
