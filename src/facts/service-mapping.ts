import type { Service } from '../contract/cluster.ts';
import type { Clock, Persistent } from '../contract/unit.ts';
import type { ServerInUse, UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import { type EndpointHistory, fingerprint, RETENTION_MS } from './endpoint-history.ts';
import { type FoundService, findService, type KnownServices } from './service-mapping-find.ts';
import { MappingMemory, type RememberedMapping } from './service-mapping-memory.ts';
import type { CompiledOverride } from './service-mapping-override.ts';
import { wasAnyBehind } from './service-mapping-reverse.ts';
import type { MappedService } from './tracked-upstream.ts';

export interface MappedUpstream extends MappedService {
  /** All its addresses are the Service's own (cluster IPs, external ones, its port of nodes): never stale. */
  readonly usesClusterIp: boolean;
  /** The Service is another name for a host outside: never stale. */
  readonly isExternalName: boolean;
}

export interface ServiceMappingOptions {
  readonly clock: Clock;
  readonly services: KnownServices;
  readonly history: EndpointHistory;
  readonly overrides?: readonly CompiledOverride[];
  readonly mostRemembered?: number;
}

/** Finds the Service that an upstream stands for, and remembers it (docs/upstreams.md, "Which Service an upstream stands for"). */
export class ServiceMapping implements Persistent {
  readonly #options: ServiceMappingOptions;
  readonly #memory: MappingMemory;

  constructor(options: ServiceMappingOptions) {
    this.#options = options;
    this.#memory = new MappingMemory(() => options.clock.now(), options.mostRemembered);
  }

  /** Mappings that were forgotten because there were too many. */
  get dropped(): number {
    return this.#memory.dropped;
  }

  /** `key` is the upstream's, unique over all proxies and the same after a restart. */
  map(view: UpstreamsView, upstream: UpstreamInUse, key: string): MappedUpstream {
    const { services, history, clock, overrides = [] } = this.#options;
    const found = findService(view, upstream, { services, history, overrides, nowMs: clock.now() });
    const remembered = this.#remembered(key, found);
    if (remembered !== undefined && !this.#isBetter(found, remembered, upstream.servers)) {
      this.#memory.set(key, remembered);
      const reason =
        remembered.goneSinceMs === null
          ? 'it was found so before'
          : 'it was found so before; the Service or its port is gone for less than an hour';
      return this.#describe({ ...remembered, reason }, upstream.servers);
    }
    const { service, portNumber, method } = found;
    if (service !== null) {
      const servers = fingerprintOf(upstream.servers);
      this.#memory.set(key, { service, portNumber, method, servers, goneSinceMs: null, unusedSinceMs: null });
    }
    return this.#describe(found, upstream.servers);
  }

  /** No proxy has the upstream any more; should it come back within an hour, its Service is still known. */
  forget(key: string): void {
    this.#memory.forget(key);
  }

  save(): unknown {
    return this.#memory.save();
  }

  restore(saved: unknown): void {
    this.#memory.restore(saved);
  }

  /** Undefined when it must be another one now, or the Service is gone for longer than its endpoints are remembered. */
  #remembered(key: string, { only }: FoundService): RememberedMapping | undefined {
    const saved = this.#memory.get(key);
    if (saved === undefined) return undefined;
    const mapping = this.#asNamedNow(saved);
    if (mapping === null || (only !== null && only !== mapping.service.service)) {
      this.#memory.delete(key);
      return undefined;
    }
    const { services, clock } = this.#options;
    const nowMs = clock.now();
    const isGone = services.isServicesKnown() && !this.#isThere(mapping);
    const goneSinceMs = isGone ? (mapping.goneSinceMs ?? nowMs) : null;
    if (goneSinceMs !== null && nowMs - goneSinceMs > RETENTION_MS) {
      this.#memory.delete(key);
      return undefined;
    }
    return { ...mapping, goneSinceMs, unusedSinceMs: null };
  }

  /**
   * A port keeps its number when it gets another name, which EndpointSlices then carry. Null: the Service has no port of this
   * name, and which number it had was not known.
   */
  #asNamedNow(mapping: RememberedMapping): RememberedMapping | null {
    const { service, portNumber } = mapping;
    const known = this.#options.services.service(service.service);
    if (known === undefined || known.externalName !== '') return mapping;
    const same = known.ports.find(({ name }) => name === service.portName);
    if (same) return { ...mapping, portNumber: portNumber ?? same.port };
    if (portNumber === null) return null;
    const renamed = known.ports.find(({ port }) => port === portNumber);
    return renamed ? { ...mapping, service: { ...service, portName: renamed.name } } : mapping;
  }

  #isThere({ service, portNumber }: RememberedMapping): boolean {
    const known = this.#options.services.service(service.service);
    if (known === undefined) return false;
    if (known.externalName !== '') return true;
    return known.ports.some(
      ({ name, port }) => name === service.portName && (portNumber === null || port === portNumber),
    );
  }

  /**
   * Whether what is found now counts more. Addresses alone are no proof against what is remembered: when all pods are gone and
   * others have their addresses, another Service has most of them. They are when the proxy has got other servers since, none of
   * which was ever behind the remembered Service.
   */
  #isBetter(found: FoundService, remembered: RememberedMapping, servers: readonly ServerInUse[]): boolean {
    if (found.service === null) return false;
    if (isByName(found)) return true;
    const isSame =
      found.service.service === remembered.service.service && found.service.portName === remembered.service.portName;
    if (isSame || isByName(remembered)) return !isByName(remembered);
    const { history, clock } = this.#options;
    const options = { history, nowMs: clock.now(), isPossible: () => true };
    return fingerprintOf(servers) !== remembered.servers && !wasAnyBehind(servers, remembered.service.service, options);
  }

  #describe(found: Omit<FoundService, 'only'>, servers: readonly ServerInUse[]): MappedUpstream {
    const { service, portNumber, method, reason } = found;
    const known = service === null ? undefined : this.#options.services.service(service.service);
    const addresses = servers.filter(({ kind }) => kind === 'ip');
    const usesClusterIp =
      known !== undefined && addresses.length > 0 && addresses.every((one) => isServices(known, one));
    const isExternalName = known !== undefined && known.externalName !== '';
    const isResolvedByProxy =
      addresses.length === 0 && servers.some(({ kind }) => kind === 'hostname' || kind === 'variable');
    return {
      ...{ service, method, reason, usesClusterIp, isExternalName },
      portNumber: portNumber === null ? '' : String(portNumber),
      isStatic: usesClusterIp || isExternalName || isResolvedByProxy,
    };
  }
}

/** An address of the Service itself, or its port of a node; not of a pod whose port has the same number. */
function isServices({ clusterIps, externalIps, ports }: Service, { host, port }: ServerInUse): boolean {
  if (clusterIps.includes(host) || externalIps?.includes(host)) return true;
  return (
    ports.some(({ nodePort }) => nodePort !== undefined && nodePort === port) &&
    ports.every(({ targetPort }) => targetPort !== port)
  );
}

function isByName({ method }: Pick<FoundService, 'method'>): boolean {
  return method === 'name' || method === 'candidate' || method === 'override';
}

/** The same for the same addresses in any order. */
function fingerprintOf(servers: readonly ServerInUse[]): number {
  let sum = servers.length;
  for (const { host, port } of servers) sum = (sum + fingerprint(`${host} ${port}`)) | 0;
  return sum;
}
