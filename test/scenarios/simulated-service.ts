/** Services and their pods as they really are: what slices, watches and proxies only hear of later. */
import type { Service } from '../../src/contract/cluster.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import type { Random } from './random.ts';

export interface SimulatedPod {
  readonly uid: string;
  /** IPv4, and IPv6 when the Service has both. */
  readonly ips: readonly string[];
  /** What a named target port stands for in this pod. */
  readonly namedPort: number;
  ready: boolean;
  terminating: boolean;
}

export interface SimulatedPort {
  name: string;
  readonly number: number;
  target: number | 'app';
}

/** Endpoints with the same ports; only those may share a slice. */
export interface EndpointGroup {
  readonly isIpv6: boolean;
  readonly ports: readonly { readonly name: string; readonly service: number; readonly number: number }[];
  readonly endpoints: readonly Endpoint[];
}

/** Addresses are given out again as soon as they are free. */
export class AddressPool {
  readonly #random: Random;
  readonly #free: number[];

  constructor(random: Random, size: number) {
    this.#random = random;
    this.#free = Array.from({ length: size }, (_, at) => at + 1);
  }

  take(): number | undefined {
    const [at] = this.#free.splice(this.#random.int(0, Math.max(0, this.#free.length - 1)), 1);
    return at;
  }

  giveBack(at: number): void {
    this.#free.push(at);
  }
}

export interface ServiceTraits {
  readonly isDualStack: boolean;
  readonly publishesNotReady: boolean;
  readonly isHeadless: boolean;
}

export class SimulatedService {
  readonly key: string;
  readonly traits: ServiceTraits;
  readonly ports: SimulatedPort[];
  readonly pods = new Set<SimulatedPod>();
  readonly #clusterIp: string;
  /** When it was deleted; null: it is there. */
  goneMs: number | null = null;

  constructor(key: string, clusterIp: string, ports: SimulatedPort[], traits: ServiceTraits) {
    this.key = key;
    this.ports = ports;
    this.traits = traits;
    this.#clusterIp = clusterIp;
  }

  get isDeleted(): boolean {
    return this.goneMs !== null;
  }

  /** As the API server shows it. */
  object(): Service {
    return {
      key: this.key,
      ports: this.ports.map(({ name, number, target }) => ({ name, port: number, targetPort: target })),
      clusterIps: this.traits.isHeadless ? [] : [this.#clusterIp],
      externalName: '',
      publishNotReadyAddresses: this.traits.publishesNotReady,
    };
  }

  /** What its EndpointSlices should hold (conditions: staging/src/k8s.io/endpointslice/utils.go). */
  groups(): EndpointGroup[] {
    const groups = new Map<string, { isIpv6: boolean; ports: EndpointGroup['ports']; endpoints: Endpoint[] }>();
    for (const pod of this.isDeleted ? [] : this.pods) {
      const ports = this.ports.map(({ name, number, target }) => ({
        name,
        service: number,
        number: target === 'app' ? pod.namedPort : target,
      }));
      for (const ip of pod.ips) {
        const isIpv6 = ip.includes(':');
        const key = JSON.stringify([isIpv6, ports]);
        const group = groups.get(key) ?? { isIpv6, ports, endpoints: [] };
        groups.set(key, group);
        group.endpoints.push(this.#endpoint(pod, ip));
      }
    }
    return [...groups.values()];
  }

  #endpoint({ uid, ready, terminating }: SimulatedPod, ip: string): Endpoint {
    const isReady = this.traits.publishesNotReady || (ready && !terminating);
    return { ip, ready: isReady, serving: ready, terminating, podUid: uid, podName: uid };
  }
}
