import type { Endpoint, EndpointPort, EndpointState } from '../contract/endpoint.ts';
import type { EndpointIndex, LocatedEndpoint } from './endpoint-index.ts';

/** The port of a Service that an upstream stands for. */
export interface ServicePort {
  /** `namespace/name` */
  readonly service: string;
  /** Name of the port in the Service; '' when it has none. */
  readonly portName: string;
}

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/** Was this pod ever behind the Service at this address? */
export type WasOwner = (service: string, ip: string, podUid: string) => boolean;

/**
 * What the address is to the Service by the slices alone, without hold-down and without asking how old they are
 * (definitions: docs/upstreams.md). Never `missing` and never `unknown`.
 */
export function stateOfAddress(
  index: Pick<EndpointIndex, 'at'>,
  { service, portName }: ServicePort,
  { ip, port }: SocketAddress,
  wasOwner: WasOwner,
): EndpointState {
  const here = index.at(ip);
  const own = here.filter(
    ({ slice }) => slice.service === service && slice.ports.some(({ name }) => name === portName),
  );
  const exact = own.filter(({ slice }) => slice.ports.some((known) => known.name === portName && takes(known, port)));
  if (exact.length > 0) return stateOfEndpoints(exact.map(({ endpoint }) => endpoint));
  if (own.length > 0) return 'port_drift';
  // A port that gets another name has it in the Service and in each slice at different times.
  const byNumber = here.filter(
    ({ slice }) => slice.service === service && slice.ports.some((known) => takes(known, port)),
  );
  if (byNumber.length > 0) return stateOfEndpoints(byNumber.map(({ endpoint }) => endpoint));
  const others = here.filter(
    ({ slice, endpoint }) =>
      slice.service !== service && !(endpoint.podUid !== '' && wasOwner(service, ip, endpoint.podUid)),
  );
  const isOthers = others.some(({ slice }) => slice.ports.some((known) => takes(known, port))) || isOnePod(others);
  return isOthers ? 'foreign' : 'stale';
}

/** Whatever its ports are, the address is that pod's. Pods on the host network share one. */
function isOnePod(endpoints: readonly LocatedEndpoint[]): boolean {
  return new Set(endpoints.map(({ endpoint }) => endpoint.podUid)).size === 1 && endpoints[0].endpoint.podUid !== '';
}

/** An address that is written over stands in two slices for a moment: the better word counts. */
export function stateOfEndpoints(endpoints: readonly Endpoint[]): EndpointState {
  if (endpoints.some(({ ready }) => ready)) return 'live';
  return endpoints.some(({ terminating }) => !terminating) ? 'not_ready' : 'terminating';
}

function takes({ number }: EndpointPort, port: number): boolean {
  return number === null || number === port;
}

/** The ready addresses of the Service's port that are not among `used` (`ip:port`, IPv6 in brackets). */
export function missingAddresses(
  index: EndpointIndex,
  { service, portName }: ServicePort,
  used: ReadonlySet<string>,
): SocketAddress[] {
  const missing = new Map<string, SocketAddress>();
  for (const { ports, endpoints } of index.slicesOf(service)) {
    for (const { name, number } of ports) {
      // All ports: any may be used, so none is missing.
      if (name !== portName || number === null) continue;
      for (const { ip, ready } of endpoints) {
        const key = addressText({ ip, port: number });
        if (ready && !used.has(key)) missing.set(key, { ip, port: number });
      }
    }
  }
  return [...missing.values()];
}

/** `10.0.0.1:80`, `[fd00::1]:80` */
export function addressText({ ip, port }: SocketAddress): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
