import type { Observation } from '../contract/failure.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { type Answer, known, unknown } from './answer.ts';
import type { ClusterState } from './cluster-state.ts';
import type { EndpointFacts } from './endpoint-facts.ts';
import type { LocatedEndpoint } from './endpoint-index.ts';
import type { ServicePort } from './endpoint-states.ts';
import type { EndpointBehind } from './facts.ts';
import type { SliceLog } from './slice-log.ts';

/** kube-proxy hears of a change so much later, and asks until then who was ready before. */
const TAKEN_UP_MS = 5_000;
/** A Service with more has some on other nodes, of which nothing can be told. */
const MOST = 64;
const NONE = known<readonly EndpointBehind[]>([]);

export interface ServiceEndpointsOptions {
  readonly cluster: Pick<ClusterState, 'index' | 'serviceOfClusterIp'>;
  readonly log: Pick<SliceLog, 'changesIn'>;
  readonly endpoints: Pick<EndpointFacts, 'readyEndpoints'>;
}

/** Says whom requests to a Service's own address may have come to. */
export class ServiceEndpoints {
  readonly #options: ServiceEndpointsOptions;

  constructor(options: ServiceEndpointsOptions) {
    this.#options = options;
  }

  /** Those that were ready at any moment of it, or shortly before. None: the peer's address is no Service's. */
  behind(of: Observation): Answer<readonly EndpointBehind[]> {
    const { cluster, endpoints } = this.#options;
    const { peer } = of;
    const ip = peer === null || peer.port === null ? null : canonicalIp(peer.address);
    const service = ip === null ? undefined : cluster.serviceOfClusterIp(ip);
    if (service === undefined) return NONE;
    const port = service.ports.find((one) => one.port === peer!.port);
    if (port === undefined) return unknown(`${service.key} has no such port`);
    // Whoever does not know how many there are does not know which.
    const counted = endpoints.readyEndpoints(of);
    if (!counted.isKnown) return counted;
    if (counted.value.service !== service.key) return unknown('it may be several Services');
    const behind = this.#readyAround(of, { service: service.key, portName: port.name });
    const ofFamily = behind.filter((one) => one.peer.address.includes(':') === ip!.includes(':'));
    return ofFamily.length > MOST ? unknown(`${service.key} has many endpoints`) : known(ofFamily);
  }

  #readyAround({ peer, sinceMs, atMs }: Observation, of: ServicePort): EndpointBehind[] {
    const now = new Map<string, LocatedEndpoint>();
    for (const slice of this.#options.cluster.index.slicesOf(of.service))
      if (slice.ports.some(({ name }) => name === of.portName))
        for (const endpoint of slice.endpoints)
          if (endpoint.ready || !now.has(endpoint.ip)) now.set(endpoint.ip, { slice, endpoint });
    const all = new Map([...now].filter(([, { endpoint }]) => endpoint.ready));
    for (const { ip, before, after, atMs: changedMs } of this.#options.log.changesIn(of.service).toReversed()) {
      if (changedMs < sinceMs - TAKEN_UP_MS) break;
      const isUndone = changedMs > atMs && portOf(of, before) === null && portOf(of, after) !== null;
      if (isUndone) all.delete(ip);
      else if (portOf(of, before) !== null) all.set(ip, before!);
    }
    return [...all].map(([ip, located]) => ({
      peer: { scheme: peer!.scheme, address: ip, port: portOf(of, located) },
      isLeaving: now.get(ip)?.endpoint.terminating ?? true,
    }));
  }
}

/** Where it is asked; null: it is not ready, or the slice has no such port. */
function portOf({ portName }: ServicePort, located: LocatedEndpoint | null): number | null {
  if (located?.endpoint.ready !== true) return null;
  return located.slice.ports.find(({ name }) => name === portName)?.number ?? null;
}
