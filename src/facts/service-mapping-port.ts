import type { Service, ServicePortSpec } from '../contract/cluster.ts';
import type { ServiceRef } from '../parse/upstream-name-ref.ts';

export interface ResolvedPort {
  /** As EndpointSlices carry it; '' when the port has none. */
  readonly portName: string;
  /** Null: the Service does not list it (type ExternalName). */
  readonly number: number | null;
}

/**
 * The port of the Service that is meant. `serverPorts`: those of the upstream's servers, for names that say no port. Null when
 * the Service has none such, or several that differ.
 */
export function resolvePort(
  service: Service,
  { port, method }: Pick<ServiceRef, 'port'> & Partial<ServiceRef>,
  serverPorts: readonly number[],
): ResolvedPort | null {
  const found = portsOf(service, port, method, serverPorts);
  const [first] = found;
  if (first === undefined)
    return service.externalName === '' ? null : { portName: '', number: typeof port === 'number' ? port : null };
  // One number for TCP and for UDP: two ports, with the same endpoints.
  if (found.some(({ targetPort }) => targetPort !== first.targetPort)) return null;
  return { portName: first.name, number: first.port };
}

function portsOf(
  service: Service,
  port: ServiceRef['port'],
  method: ServiceRef['method'] | undefined,
  serverPorts: readonly number[],
): readonly ServicePortSpec[] {
  const { ports } = service;
  if (method === 'ingress_nginx') return ports.filter((known) => isIngressNginxPort(known, String(port))).slice(0, 1);
  if (typeof port === 'string') return ports.filter(({ name }) => name === port);
  const number = port ?? onlyOneOf(serverPorts);
  if (port === null && (ports.length === 1 || number === null)) return ports.length === 1 ? ports : [];
  // A name of a headless Service leads to the pods, where the Service's own numbers do not count.
  const isHeadless = service.clusterIps.length === 0 && method === 'dns';
  const byTarget = isHeadless ? ports.filter((known) => targetOf(known) === number) : [];
  return byTarget.length > 0 ? byTarget : ports.filter((known) => known.port === number);
}

/** The first port that fits in any of the three ways (ingress-nginx internal/ingress/controller/controller.go, serviceEndpoints). */
function isIngressNginxPort(known: ServicePortSpec, port: string): boolean {
  return String(known.port) === port || String(targetOf(known)) === port || known.name === port;
}

function targetOf({ port, targetPort }: ServicePortSpec): number | string {
  return targetPort === '' ? port : targetPort;
}

function onlyOneOf(numbers: readonly number[]): number | null {
  return numbers.length > 0 && numbers.every((number) => number === numbers[0]) ? numbers[0] : null;
}
