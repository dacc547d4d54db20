import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { NodeNetwork } from '../contract/node.ts';
import { isLoopbackIp } from '../parse/ip-address.ts';
import type { ClusterState } from './cluster-state.ts';

const MOST_NETWORKS = 1_000;
/** A network that nobody has counted for so long is gone. */
const GONE_MS = 100_000;

export interface NetworkPlacesOptions {
  readonly cluster: Pick<ClusterState, 'pod' | 'freshness'>;
  readonly settings: () => readonly GatewaySettings[];
}

interface Place {
  network: NodeNetwork;
  atMs: number;
}

/** Which network namespace of this node is a gateway's, or has an address. */
export class NetworkPlaces {
  readonly #options: NetworkPlacesOptions;
  /** Those that were counted longest ago first. */
  readonly #byKey = new Map<string, Place>();
  readonly #byIp = new Map<string, Set<string>>();
  /** Answers since a network was last seen, some seconds ago. */
  readonly #found = new Map<string, NodeNetwork | undefined>();
  #dropped = 0;

  constructor(options: NetworkPlacesOptions) {
    this.#options = options;
  }

  /** How many were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The network is there; returns the keys of those that are not any more. */
  see(network: NodeNetwork, atMs: number): readonly string[] {
    const before = this.#byKey.get(network.key);
    this.#found.clear();
    if (before !== undefined) {
      this.#byKey.delete(network.key);
      if (before.network.ips !== network.ips) this.#unplace(before.network);
    }
    if (before?.network.ips !== network.ips)
      for (const ip of network.ips) this.#byIp.set(ip, (this.#byIp.get(ip) ?? new Set()).add(network.key));
    this.#byKey.set(network.key, { network, atMs });
    return this.#forget(atMs);
  }

  isKnown(ip: string): boolean {
    return this.#byIp.has(ip);
  }

  all(): NodeNetwork[] {
    return [...this.#byKey.values()].map(({ network }) => network);
  }

  /** That has the canonical address; undefined: none, or several. A loopback address is the gateway's own. */
  ofPeer(subject: Subject, ip: string): NodeNetwork | undefined {
    if (isLoopbackIp(ip)) return this.ofGateway(subject);
    const keys = this.#byIp.get(ip);
    if (keys?.size !== 1) return undefined;
    const [key] = keys;
    return this.#byKey.get(key)?.network;
  }

  ofGateway(subject: Subject): NodeNetwork | undefined {
    return this.#once(`${subject.namespace}/${subject.pod}/${subject.gateway}`, (all) =>
      subject.pod === '' ? this.#outsidePods(subject, all) : this.#ofPod(subject, all),
    );
  }

  host(): NodeNetwork | undefined {
    return this.#once('', (all) => all.find(({ kind }) => kind === 'host'));
  }

  /** The node is one of Kubernetes. */
  areTherePods(): boolean {
    if (this.#options.cluster.freshness('pods') !== 'unwatched') return true;
    for (const { network } of this.#byKey.values()) if (network.kind === 'pod') return true;
    return false;
  }

  #once(key: string, find: (all: readonly NodeNetwork[]) => NodeNetwork | undefined): NodeNetwork | undefined {
    if (this.#found.has(key)) return this.#found.get(key);
    const found = find(this.all());
    this.#found.set(key, found);
    return found;
  }

  #ofPod({ namespace, pod }: Subject, all: readonly NodeNetwork[]): NodeNetwork | undefined {
    const named = all.find(({ labels }) => labels.pod === pod && labels.namespace === namespace);
    if (named !== undefined) return named;
    const watched = this.#options.cluster.pod(`${namespace}/${pod}`);
    if (watched === undefined) return undefined;
    return watched.hostNetwork ? this.host() : all.find(({ podUid }) => podUid !== '' && podUid === watched.uid);
  }

  /** Where its master runs, unless several that do have its name; else where the only gateway does; else the node's, or ours. */
  #outsidePods({ gateway }: Subject, all: readonly NodeNetwork[]): NodeNetwork | undefined {
    const found = new Set<NodeNetwork>();
    for (const { subject, master } of this.#options.settings()) {
      if (subject.gateway !== gateway || subject.pod !== '' || master === null) continue;
      const isIts = ({ pid, startTicks }: NodeNetwork['processes'][number]) =>
        pid === master.pid && startTicks === master.startTicks;
      const its = all.find(({ processes }) => processes.some(isIts));
      if (its !== undefined) found.add(its);
    }
    if (found.size > 0) return found.size === 1 ? [...found][0] : undefined;
    const gateways = all.filter(({ isGateway }) => isGateway);
    if (gateways.length > 0) return gateways.length === 1 ? gateways[0] : undefined;
    return this.host() ?? all.find(({ kind }) => kind === 'process');
  }

  #unplace({ key, ips }: NodeNetwork): void {
    for (const ip of ips) {
      const keys = this.#byIp.get(ip);
      keys?.delete(key);
      if (keys?.size === 0) this.#byIp.delete(ip);
    }
  }

  #forget(nowMs: number): string[] {
    const gone: string[] = [];
    for (const [key, { network, atMs }] of this.#byKey) {
      const isOver = Math.abs(nowMs - atMs) > GONE_MS;
      if (!isOver && this.#byKey.size <= MOST_NETWORKS) break;
      if (!isOver) this.#dropped++;
      this.#unplace(network);
      this.#byKey.delete(key);
      gone.push(key);
    }
    return gone;
  }
}

/** For a person: `the node`, `pod shop/cart-7d9`, `container 3f2a…`. */
export function whereOf({ kind, labels: { namespace, pod } }: NodeNetwork): string {
  if (kind === 'host') return 'the node';
  if (kind === 'container') return `container ${pod}`;
  if (pod === '') return 'the network of the gateway';
  return namespace === '' ? `network ${pod}` : `pod ${namespace}/${pod}`;
}
