import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import { RETENTION_MS } from './endpoint-history.ts';
import { type LocatedEndpoint, podOf } from './endpoint-index.ts';
import type { ServicePort, SocketAddress } from './endpoint-states.ts';

const MOST_REMEMBERED = 20_000;

export interface AddressOwner {
  /** `namespace/name` */
  readonly pod: string;
  /** False: it had the address last, and has it no more. */
  readonly isCurrent: boolean;
}

export interface LastOwnersOptions {
  readonly cluster: ClusterState;
  readonly clock: Clock;
  readonly mostRemembered?: number;
}

/** Names the pod behind an address: the one that has it, else the one that had it last within the hour. For people. */
export class LastOwners {
  readonly #options: LastOwnersOptions;
  /** By address, those that left longest ago first. */
  readonly #gone = new Map<string, { readonly owner: AddressOwner; readonly atMs: number }>();
  /** Of all pods; undefined: they have changed since. */
  #podsByIp: ReadonlyMap<string, AddressOwner> | undefined;
  #dropped = 0;

  constructor(options: LastOwnersOptions) {
    this.#options = options;
    options.cluster.listen({
      slice: (before, after) => this.#leave(before, after),
      pod: () => {
        this.#podsByIp = undefined;
      },
    });
  }

  /** Forgotten before their time, because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Nobody has or had an address. */
  get isEmpty(): boolean {
    if (this.#gone.size > 0 || this.#options.cluster.index.size > 0) return false;
    this.#podsByIp ??= podsByIp(this.#options.cluster);
    return this.#podsByIp.size === 0;
  }

  /** `service`: the one that the upstream stands for. */
  find(address: SocketAddress, service: ServicePort | null): AddressOwner | null {
    const located = this.#located(address, service);
    if (located !== undefined) return { pod: podOf(located), isCurrent: true };
    this.#podsByIp ??= podsByIp(this.#options.cluster);
    const known = this.#podsByIp.get(address.ip);
    return known?.isCurrent ? known : (this.#last(address.ip) ?? known ?? null);
  }

  /** Pods on the host network share an address: of them only one with this port has it. */
  #located({ ip, port }: SocketAddress, service: ServicePort | null): LocatedEndpoint | undefined {
    const here = this.#options.cluster.index.at(ip);
    if (here.length > 1) return this.#best(here, port, service);
    const [only] = here;
    if (only === undefined || only.endpoint.podName === '') return undefined;
    return hasPort(only, port) || !this.#isOnHost(only) ? only : undefined;
  }

  #best(here: readonly LocatedEndpoint[], port: number, service: ServicePort | null): LocatedEndpoint | undefined {
    const isOwn = ({ slice }: LocatedEndpoint) => slice.service === service?.service;
    const named = here.filter(({ endpoint }) => endpoint.podName !== '');
    const exact = named.filter((located) => hasPort(located, port));
    if (exact.length > 0) return exact.find(isOwn) ?? exact[0];
    const others = named.filter((located) => !this.#isOnHost(located));
    return others.find(isOwn) ?? others[0];
  }

  #isOnHost(located: LocatedEndpoint): boolean {
    return this.#options.cluster.pod(podOf(located))?.hostNetwork === true;
  }

  #last(ip: string): AddressOwner | null {
    const gone = this.#gone.get(ip);
    if (gone === undefined || this.#options.clock.now() - gone.atMs > RETENTION_MS) return null;
    return gone.owner;
  }

  #leave(before: EndpointSlice | null, after: EndpointSlice | null): void {
    if (before === null) return;
    const left = new Set(after?.endpoints.map(({ ip }) => ip));
    const atMs = this.#options.clock.now();
    for (const endpoint of before.endpoints) {
      if (endpoint.podName === '' || left.has(endpoint.ip)) continue;
      this.#gone.delete(endpoint.ip);
      this.#gone.set(endpoint.ip, { owner: { pod: podOf({ slice: before, endpoint }), isCurrent: false }, atMs });
    }
    this.#makeRoom(atMs);
  }

  #makeRoom(nowMs: number): void {
    const { mostRemembered = MOST_REMEMBERED } = this.#options;
    for (const [ip, { atMs }] of this.#gone) {
      const isOver = nowMs - atMs > RETENTION_MS;
      if (!isOver && this.#gone.size <= mostRemembered) return;
      this.#gone.delete(ip);
      if (!isOver) this.#dropped++;
    }
  }
}

function hasPort({ slice }: LocatedEndpoint, port: number): boolean {
  for (const { number } of slice.ports) if (number === null || number === port) return true;
  return false;
}

/** A finished pod keeps its address in its status after another one has it. */
function podsByIp(cluster: ClusterState): ReadonlyMap<string, AddressOwner> {
  const owners = new Map<string, AddressOwner>();
  for (const { key, ips, hostNetwork, phase } of cluster.pods()) {
    if (hostNetwork) continue;
    const isCurrent = phase !== 'Succeeded' && phase !== 'Failed';
    for (const ip of ips) if (isCurrent || !owners.has(ip)) owners.set(ip, { pod: key, isCurrent });
  }
  return owners;
}
