import type { Service } from '../../src/contract/cluster.ts';
import type { ServerInUse, UpstreamInUse, UpstreamsView } from '../../src/contract/upstream.ts';
import { EndpointHistory } from '../../src/facts/endpoint-history.ts';
import { EndpointIndex } from '../../src/facts/endpoint-index.ts';
import { ServiceMapping } from '../../src/facts/service-mapping.ts';
import { compileOverrides, type UpstreamOverride } from '../../src/facts/service-mapping-override.ts';
import { endpoint, slice } from './slices.ts';

/** A Service with the port http = 80 unless said otherwise. */
export function service(key: string, more: Partial<Service> = {}): Service {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  return { key, ports, clusterIps: ['10.96.0.1'], externalName: '', publishNotReadyAddresses: false, ...more };
}

/** `10.0.0.1:8080`, `[fd00::1]:80`, `cart.shop:80`, `unix:/run/x`. */
export function server(text: string): ServerInUse {
  const rest = { place: '', isDraining: false };
  if (text.startsWith('unix:')) return { kind: 'unix', host: text.slice(5), port: null, ...rest };
  const host = text.slice(0, text.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  const kind = /^[0-9a-f.:]+$/.test(host) ? 'ip' : 'hostname';
  return { kind, host, port: Number(text.slice(text.lastIndexOf(':') + 1)), ...rest };
}

export function upstream(name: string, servers: readonly string[] = [], alias = ''): UpstreamInUse {
  return { name, alias, servers: servers.map(server) };
}

export function view(upstreams: readonly UpstreamInUse[], more: Partial<UpstreamsView> = {}): UpstreamsView {
  const subject = { namespace: '', pod: '', container: '', gateway: 'g' };
  return { proxy: 'nginx', subject, source: 'nginx_config', upstreams, readAtMs: 0, ...more };
}

/** A mapping with a cluster that tests change. */
export class MappingRig {
  nowMs = 1_000;
  isServicesKnown = true;
  areSlicesCurrent = true;
  readonly services = new Map<string, Service>();
  readonly history = new EndpointHistory();
  readonly index = new EndpointIndex();
  readonly #slices = new Map<string, ReturnType<typeof slice>>();
  mapping: ServiceMapping;

  constructor(services: readonly Service[] = [], overrides: readonly UpstreamOverride[] = []) {
    for (const one of services) this.services.set(one.key, one);
    this.mapping = this.#newMapping(overrides);
  }

  /** As after a restart: only what was saved is known, and no slice yet. */
  restart(): ServiceMapping {
    const saved = JSON.parse(JSON.stringify(this.mapping.save()));
    this.mapping = this.#newMapping([]);
    this.mapping.restore(saved);
    return this.mapping;
  }

  /** The Service's endpoints at port 8080 (`http`) are these now; none: its slice is gone. */
  endpoints(key: string, ips: readonly string[], portName = 'http', number = 8080): void {
    const before = this.#slices.get(key) ?? null;
    const ports = [{ name: portName, number }];
    const after =
      ips.length === 0
        ? null
        : slice(
            key,
            ips.map((ip) => endpoint(ip)),
            { service: key, ports },
          );
    this.history.change(before, after, this.nowMs);
    if (before !== null) this.index.delete(before.key);
    if (after === null) this.#slices.delete(key);
    else this.#slices.set(key, after);
    if (after !== null) this.index.set(after);
  }

  /** `method namespace/service port-name:number`, or why not. */
  map(one: UpstreamInUse, more: Partial<UpstreamsView> = {}, key = 'k'): string {
    const { service: found, portNumber, method, reason } = this.mapping.map(view([one], more), one, key);
    return found ? `${method} ${found.service} ${found.portName}:${portNumber}` : `${method}: ${reason}`;
  }

  #newMapping(list: readonly UpstreamOverride[]): ServiceMapping {
    const { overrides } = compileOverrides(list);
    const services = {
      service: (key: string) => this.services.get(key),
      serviceOfClusterIp: (ip: string) => [...this.services.values()].find(({ clusterIps }) => clusterIps.includes(ip)),
      isServicesKnown: () => this.isServicesKnown,
      areSlicesCurrent: () => this.areSlicesCurrent,
      index: this.index,
    };
    return new ServiceMapping({ clock: { now: () => this.nowMs }, services, history: this.history, overrides });
  }
}

export const [A, B, C, D] = ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080', '10.0.0.4:8080'];
export const ips = (...servers: string[]) => servers.map((text) => text.split(':')[0]);
export const headless = { clusterIps: [] };
