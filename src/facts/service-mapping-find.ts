import type { Service } from '../contract/cluster.ts';
import type { ServerInUse, UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import { readObservedName } from '../parse/upstream-name-observed.ts';
import type { ServiceRef, UpstreamName } from '../parse/upstream-name-ref.ts';
import type { EndpointHistory } from './endpoint-history.ts';
import type { EndpointIndex } from './endpoint-index.ts';
import type { ServicePort } from './endpoint-states.ts';
import { type CompiledOverride, findOverride } from './service-mapping-override.ts';
import { resolvePort } from './service-mapping-port.ts';
import { type ReverseOptions, serviceOfMost } from './service-mapping-reverse.ts';
import { readNames } from './service-mapping-wanted.ts';
import type { MappingMethod } from './tracked-upstream.ts';

/** What is asked of the cluster; `ClusterState` with `isServicesKnown` beside it. */
export interface KnownServices {
  /** `key`: `namespace/name` */
  service(key: string): Service | undefined;
  serviceOfClusterIp(ip: string): Service | undefined;
  /** False before all Services that may be meant have been listed: one that is not there may come. */
  isServicesKnown(): boolean;
  /** False while contact is lost or is being caught up with: whose an address is may have changed. */
  areSlicesCurrent(): boolean;
  readonly index: Pick<EndpointIndex, 'readyOf'>;
}

/** What can be told of an upstream now, from nothing but the present and the last hour. */
export interface FoundService {
  readonly service: ServicePort | null;
  readonly portNumber: number | null;
  readonly method: MappingMethod;
  /** One sentence: what it rests on, or why nothing is known. */
  readonly reason: string;
  /** The only Service (`namespace/name`) that it can be; '' when there is none; null when that is open. */
  readonly only: string | null;
}

export interface FindOptions {
  readonly services: KnownServices;
  readonly history: EndpointHistory;
  readonly overrides: readonly CompiledOverride[];
  readonly nowMs: number;
}

/** Override, name, candidates, cluster IP, then reverse lookup; what the name excludes is never found by the later ones. */
export function findService(view: UpstreamsView, upstream: UpstreamInUse, options: FindOptions): FoundService {
  if (view.source === 'observed') return byObservation(upstream, options);
  const override = findOverride(options.overrides, upstream.name);
  if (override) return byOverride(override, upstream, options);
  const names = readNames(view, upstream);
  if (names.isNoService) return unknown('its name stands for no Service', '');
  const isKnown = options.services.isServicesKnown();
  const only = names.exact ? `${names.exact.namespace}/${names.exact.service}` : null;
  const refs = names.exact ? [names.exact] : names.candidates;
  const fitting = isKnown ? refs.flatMap((ref) => byRef(ref, upstream, options)) : [];
  const services = new Set(fitting.map(({ service }) => `${service.service} ${service.portName}`));
  if (services.size === 1) {
    const reason = names.exact ? 'its name says so' : 'of all readings of its name only this Service exists';
    return { ...fitting[0], method: names.exact ? 'name' : 'candidate', reason, only };
  }
  const isPossible = possibleOf(view, names, fitting);
  const byIp = isKnown ? byClusterIp(upstream.servers, options, isPossible) : null;
  if (byIp) return byIp;
  const isThere = (owner: ServicePort) => isPossible(owner) && isListed(owner, options);
  // Its Service may get the port that the name says in a moment; another port of it is not meant.
  const isPortNamed = isKnown && names.exact !== null && names.exact.port !== null;
  const service =
    options.services.areSlicesCurrent() && !isPortNamed
      ? serviceOfMost(upstream.servers, { ...options, isPossible: isThere, ...readyOf(upstream, options) })
      : null;
  if (service === null) return unknown(reasonOf(names, isKnown, services.size), only);
  const known = options.services.service(service.service)?.ports.find(({ name }) => name === service.portName);
  const reason = 'no other Service has or had as many of its addresses within the last hour';
  return { service, portNumber: known?.port ?? null, method: 'reverse', reason, only };
}

/** Its addresses were put together by the Service behind them, whose name it has. */
function byObservation({ name }: UpstreamInUse, { services }: FindOptions): FoundService {
  const service = readObservedName(name);
  if (service === null) return unknown('no Service alone has or had its addresses within the last hour', '');
  const port = services.service(service.service)?.ports.find((one) => one.name === service.portName);
  const reason = 'its addresses are or were those of the Service';
  return { service, portNumber: port?.port ?? null, method: 'reverse', reason, only: service.service };
}

interface Fitting {
  readonly service: ServicePort;
  readonly portNumber: number | null;
}

function byRef(ref: ServiceRef, { servers }: UpstreamInUse, { services }: FindOptions): Fitting[] {
  const service = services.service(`${ref.namespace}/${ref.service}`);
  const port = service && resolvePort(service, ref, portsOf(servers));
  return port ? [{ service: { service: service.key, portName: port.portName }, portNumber: port.number }] : [];
}

function byOverride({ ref }: CompiledOverride, upstream: UpstreamInUse, options: FindOptions): FoundService {
  if (ref === null) return unknown('an override says that it stands for no Service', '');
  const only = `${ref.namespace}/${ref.service}`;
  const isKnown = options.services.isServicesKnown();
  const [found] = isKnown ? byRef(ref, upstream, options) : [];
  if (found) return { ...found, method: 'override', reason: 'an override says so', only };
  const why = isKnown ? 'it or its port does not exist' : 'Services are not known yet';
  return unknown(`an override names its Service, and ${why}`, only);
}

/** All addresses are the Service's own: nothing of it can be stale. */
function byClusterIp(
  servers: readonly ServerInUse[],
  { services }: FindOptions,
  isPossible: (owner: ServicePort) => boolean,
): FoundService | null {
  const all = servers.map(({ kind, host }) => (kind === 'ip' ? services.serviceOfClusterIp(host) : undefined));
  const [service] = all;
  if (service === undefined || all.some((other) => other?.key !== service.key)) return null;
  const [port, ...more] = new Set(portsOf(servers));
  const resolved = more.length === 0 && port !== undefined ? resolvePort(service, { port }, []) : null;
  const found = resolved && { service: service.key, portName: resolved.portName };
  if (found === null || !isPossible(found)) return null;
  const reason = 'its addresses are the cluster IPs of the Service';
  return { service: found, portNumber: resolved!.number, method: 'cluster_ip', reason, only: null };
}

/** Which Services the name leaves open: those that it fits, or that it must mean though none is there. */
function possibleOf(
  view: UpstreamsView,
  names: UpstreamName,
  fitting: readonly Fitting[],
): (owner: ServicePort) => boolean {
  if (fitting.length > 0) {
    return ({ service, portName }) =>
      fitting.some((one) => one.service.service === service && one.service.portName === portName);
  }
  const mustBe = names.exact ? [names.exact] : view.source === 'ingress_nginx' ? names.candidates : [];
  if (mustBe.length === 0) return () => true;
  const keys = new Set(mustBe.map((ref) => `${ref.namespace}/${ref.service}`));
  return ({ service }) => keys.has(service);
}

/** A `proxy_pass` to one address has one of many. */
function readyOf({ name }: UpstreamInUse, { services }: FindOptions): Pick<ReverseOptions, 'readyOf'> {
  return name.startsWith('implicit:') ? {} : { readyOf: (owner) => services.index.readyOf(owner) };
}

/** False for what a port was called before: addresses are remembered with it for an hour. */
function isListed({ service, portName }: ServicePort, { services }: FindOptions): boolean {
  return services.service(service)?.ports.some(({ name }) => name === portName) ?? true;
}

function portsOf(servers: readonly ServerInUse[]): number[] {
  return servers.flatMap(({ port }) => (port === null ? [] : [port]));
}

function reasonOf({ exact, candidates, problem }: UpstreamName, isKnown: boolean, fitting: number): string {
  if (!isKnown && (exact || candidates.length > 0)) return 'Services are not known yet';
  if (fitting > 1) return 'its name fits more than one Service';
  if (exact) return 'its name stands for a Service or a port that does not exist';
  if (problem === 'too_many_readings') return 'its name can be read in too many ways';
  if (problem === 'too_long') return 'its name is too long';
  return 'its name says nothing, and no Service alone has or had half of its addresses within the last hour, or they are not a third of its ready ones';
}

function unknown(reason: string, only: string | null): FoundService {
  return { service: null, portNumber: null, method: 'none', reason, only };
}
