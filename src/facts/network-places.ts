import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { NodeNetwork } from '../contract/node.ts';
import type { UpstreamsView } from '../contract/upstream.ts';
import { isLoopbackIp } from '../parse/ip-address.ts';
import type { ClusterState } from './cluster-state.ts';
import { addTo, removeFrom, type SetIndex } from './set-index.ts';

const MOST_NETWORKS = 1_000;
/** A network that nobody has counted for so long is gone. */
const GONE_MS = 100_000;
/** Answers that are kept. */
const MOST_FOUND = 1_000;

export interface NetworkPlacesOptions {
  readonly cluster: Pick<ClusterState, 'pod' | 'freshness'>;
  readonly settings: () => readonly GatewaySettings[];
  /** Views of proxies, which may say what process runs them. */
  readonly views?: () => Iterable<Pick<UpstreamsView, 'subject' | 'process'>>;
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
  readonly #byIp: SetIndex<Place> = new Map();
  /** Answers since a network was last seen, some seconds ago. */
  readonly #found = new Map<Subject | 'host', NodeNetwork | undefined>();
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
    const place = before ?? { network, atMs };
    this.#found.clear();
    if (before?.network.ips !== network.ips) {
      if (before !== undefined) this.#unplace(before);
      for (const ip of network.ips) addTo(this.#byIp, ip, place);
    }
    place.network = network;
    place.atMs = atMs;
    this.#byKey.delete(network.key);
    this.#byKey.set(network.key, place);
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
    const place = this.#byIp.get(ip);
    if (!(place instanceof Set)) return place?.network;
    return place.size === 1 ? [...place][0].network : undefined;
  }

  ofGateway(subject: Subject): NodeNetwork | undefined {
    return this.#once(subject);
  }

  host(): NodeNetwork | undefined {
    return this.#once('host');
  }

  /** The node is one of Kubernetes. */
  areTherePods(): boolean {
    if (this.#options.cluster.freshness('pods') !== 'unwatched') return true;
    for (const { network } of this.#byKey.values()) if (network.kind === 'pod') return true;
    return false;
  }

  #once(of: Subject | 'host'): NodeNetwork | undefined {
    const known = this.#found.get(of);
    if (known !== undefined || this.#found.has(of)) return known;
    const found = this.#find(of, this.all());
    if (this.#found.size >= MOST_FOUND) this.#found.clear();
    this.#found.set(of, found);
    return found;
  }

  #find(of: Subject | 'host', all: readonly NodeNetwork[]): NodeNetwork | undefined {
    if (of === 'host') return all.find(({ kind }) => kind === 'host');
    return of.pod === '' ? this.#outsidePods(of, all) : this.#ofPod(of, all);
  }

  #ofPod({ namespace, pod }: Subject, all: readonly NodeNetwork[]): NodeNetwork | undefined {
    const named = all.find(({ labels }) => labels.pod === pod && labels.namespace === namespace);
    if (named !== undefined) return named;
    const watched = this.#options.cluster.pod(`${namespace}/${pod}`);
    if (watched === undefined) return undefined;
    return watched.hostNetwork ? this.host() : all.find(({ podUid }) => podUid !== '' && podUid === watched.uid);
  }

  /** Where its master or its Envoy runs, unless several that do have its name; else where the only gateway does; else the node's, or ours. */
  #outsidePods({ gateway }: Subject, all: readonly NodeNetwork[]): NodeNetwork | undefined {
    const found = new Set<NodeNetwork>();
    for (const process of this.#processesOf(gateway)) {
      const isIts = ({ pid, startTicks }: NodeNetwork['processes'][number]) =>
        pid === process.pid && startTicks === process.startTicks;
      const its = all.find(({ processes }) => processes.some(isIts));
      if (its !== undefined) found.add(its);
    }
    if (found.size > 0) return found.size === 1 ? [...found][0] : undefined;
    const gateways = all.filter(({ isGateway }) => isGateway);
    if (gateways.length > 0) return gateways.length === 1 ? gateways[0] : undefined;
    return this.host() ?? all.find(({ kind }) => kind === 'process');
  }

  #processesOf(gateway: string): { readonly pid: number; readonly startTicks: number }[] {
    const { settings, views = () => [] } = this.#options;
    const masters = settings().map(({ subject, master }) => ({ subject, process: master }));
    return [...masters, ...views()].flatMap(({ subject, process }) =>
      subject.gateway === gateway && subject.pod === '' && process ? [process] : [],
    );
  }

  #unplace(place: Place): void {
    for (const ip of place.network.ips) removeFrom(this.#byIp, ip, place);
  }

  #forget(nowMs: number): string[] {
    const gone: string[] = [];
    for (const [key, place] of this.#byKey) {
      const isOver = Math.abs(nowMs - place.atMs) > GONE_MS;
      if (!isOver && this.#byKey.size <= MOST_NETWORKS) break;
      if (!isOver) this.#dropped++;
      this.#unplace(place);
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
