import type { Endpoint, EndpointPort, EndpointState } from '../contract/endpoint.ts';
import type { EndpointIndex, LocatedEndpoint } from './endpoint-index.ts';
import type { PastOwners } from './past-owners.ts';

/** The port of a Service that an upstream stands for. */
export interface ServicePort {
  /** `namespace/name` */
  readonly service: string;
  /** Name of the port in the Service; '' when it has none. */
  readonly portName: string;
}

export function isSamePort(one: ServicePort, other: ServicePort): boolean {
  return one.service === other.service && one.portName === other.portName;
}

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/**
 * What the address is to the Service by the slices alone, without hold-down and without asking how old they are
 * (definitions: docs/upstreams.md). Never `missing` and never `unknown`.
 */
export function stateOfAddress(
  index: Pick<EndpointIndex, 'at'>,
  of: ServicePort,
  address: SocketAddress,
  past: PastOwners,
): EndpointState {
  return stateAmong(index.at(address.ip), of, address, past);
}

/** The same by the endpoints that have the address. */
export function stateAmong(
  here: readonly LocatedEndpoint[],
  { service, portName }: ServicePort,
  address: SocketAddress,
  past: PastOwners,
): EndpointState {
  let isOwn = false;
  let exact: EndpointState | null = null;
  // A port that gets another name has it in the Service and in each slice at different times.
  let byNumber: EndpointState | null = null;
  for (const { slice, endpoint } of here) {
    if (slice.service !== service) continue;
    const match = matchOf(slice.ports, portName, address.port);
    isOwn ||= (match & NAME) !== 0;
    if ((match & BOTH) !== 0) exact = better(exact, endpoint);
    if ((match & NUMBER) !== 0) byNumber = better(byNumber, endpoint);
  }
  if (exact !== null) return exact;
  if (isOwn) return 'port_drift';
  if (byNumber !== null) return byNumber;
  return here.length > 0 && isOfOthers(here, service, address, past) ? 'foreign' : 'stale';
}

/** Another Service has the address. */
function isOfOthers(
  here: readonly LocatedEndpoint[],
  service: string,
  { ip, port }: SocketAddress,
  past: PastOwners,
): boolean {
  const others = here.filter(
    ({ slice, endpoint }) =>
      slice.service !== service && !(endpoint.podUid !== '' && past.wasOwner(service, ip, endpoint.podUid)),
  );
  return others.some(({ slice }) => slice.ports.some((known) => takes(known, port))) || isOnePods(others, past);
}

/** Whatever its ports are, the address is that pod's alone. */
function isOnePods(endpoints: readonly LocatedEndpoint[], { isShared = () => false }: PastOwners): boolean {
  if (endpoints.length === 0) return false;
  const { ip, podUid } = endpoints[0].endpoint;
  return podUid !== '' && endpoints.every(({ endpoint }) => endpoint.podUid === podUid) && !isShared(ip, podUid);
}

/** An address that is written over stands in two slices for a moment: the better word counts. */
function better(other: EndpointState | null, { ready, terminating }: Endpoint): EndpointState {
  if (ready || other === 'live') return 'live';
  return terminating && other !== 'not_ready' ? 'terminating' : 'not_ready';
}

const NAME = 1;
const NUMBER = 2;
const BOTH = 4;

/** Whether some of the ports has the name, takes the number, does both; without garbage: it is asked for every failure. */
function matchOf(ports: readonly EndpointPort[], portName: string, port: number): number {
  let match = 0;
  for (const known of ports) {
    const hasName = known.name === portName;
    const hasNumber = takes(known, port);
    match |= (hasName ? NAME : 0) | (hasNumber ? NUMBER : 0) | (hasName && hasNumber ? BOTH : 0);
  }
  return match;
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
  let missing: Map<string, SocketAddress> | undefined;
  for (const { ports, endpoints } of index.slicesOf(service)) {
    for (const { name, number } of ports) {
      // All ports: any may be used, so none is missing.
      if (name !== portName || number === null) continue;
      for (const { ip, ready } of endpoints) {
        if (!ready) continue;
        const key = addressText({ ip, port: number });
        if (used.has(key)) continue;
        missing ??= new Map();
        missing.set(key, { ip, port: number });
      }
    }
  }
  return missing === undefined ? [] : [...missing.values()];
}

/** `10.0.0.1:80`, `[fd00::1]:80`. Joined: a template's parts stay in memory beside the text. */
export function addressText({ ip, port }: SocketAddress): string {
  return ip.includes(':') ? ['[', ip, ']:', port].join('') : [ip, port].join(':');
}
