import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { NodeLook, NodeNetwork } from '../contract/node.ts';
import { isWantedIn } from './listeners-wanted.ts';

/** A network whose listening sockets are read, with the configurations that run in it. */
export interface WatchedNetwork {
  readonly network: NodeNetwork;
  readonly gateways: readonly GatewaySettings[];
  /**
   * To be read every time: a gateway, one whose queues have overflowed, one that may have lost its sidecar, or one that a verdict waits for.
   */
  readonly isUrgent: boolean;
  /** A verdict waits for it. */
  readonly isWanted: boolean;
}

export interface WatchOptions {
  /** The pod that this process runs in; '' outside Kubernetes. */
  readonly own: { readonly namespace: string; readonly pod: string };
  /** `NodeNetwork.identity` of this process; undefined: not shown. */
  readonly ownNetwork: string | undefined;
  /** The own pod is the gateway's. */
  readonly isSidecar: boolean;
  /** Whether to read a network that is neither a gateway's nor a backend's. */
  readonly isFollowed: (network: NodeNetwork) => boolean;
  /** Addresses that verdicts wait to hear of. */
  readonly wanted: ReadonlySet<string>;
}

export interface Watched {
  readonly networks: readonly WatchedNetwork[];
  /** Those beside them that a verdict waits for: they have no series. */
  readonly others: readonly WatchedNetwork[];
  /** Configurations whose network is not visible. */
  readonly unplaced: readonly GatewaySettings[];
}

/** Gateways, backends and what else is followed, of all networks of the node. */
export function watchedOf(look: NodeLook, settings: readonly GatewaySettings[], options: WatchOptions): Watched {
  const gateways = new Map<NodeNetwork, GatewaySettings[]>();
  const unplaced: GatewaySettings[] = [];
  for (const one of settings) {
    const network = networkOf(look, one, options);
    if (network === undefined) unplaced.push(one);
    else gateways.set(network, [...(gateways.get(network) ?? []), one]);
  }
  const [networks, others]: [WatchedNetwork[], WatchedNetwork[]] = [[], []];
  for (const network of look.networks) {
    const here = gateways.get(network) ?? [];
    const isGateway = network.isGateway || here.length > 0;
    const isWanted = isWantedIn(network, isGateway || isOwn(network, options), options.wanted);
    const isFirst = isGateway || network.hasMoved || network.kind === 'process' || options.isFollowed(network);
    const watched = { network, gateways: here, isUrgent: isFirst || isWanted, isWanted };
    if (isOfInterest(network, options) || here.length > 0) networks.push(watched);
    else if (isWanted) others.push(watched);
  }
  return { networks, others, unplaced };
}

/** Of a sidecar's own pod, which is the gateway's. */
function isOwn({ identity }: NodeNetwork, { ownNetwork, isSidecar }: WatchOptions): boolean {
  return isSidecar && identity === ownNetwork;
}

/** The node's network and our own are not among the relevant ones, which are published anyway. */
function isOfInterest(network: NodeNetwork, options: WatchOptions): boolean {
  const { kind, isRelevant, isGateway, isBackend } = network;
  if (kind === 'host' || kind === 'process') {
    if (isGateway || isBackend || isOwn(network, options)) return true;
  }
  return isRelevant || options.isFollowed(network);
}

/** Without a visible master only a configuration of our own pod is known to run in a network that can be named: ours. */
function networkOf(look: NodeLook, { master, subject }: GatewaySettings, { own, ownNetwork }: WatchOptions) {
  if (master !== null) {
    const { pid, startTicks } = master;
    const isIts = (process: NodeNetwork['processes'][number]) =>
      process.pid === pid && process.startTicks === startTicks;
    return look.networks.find(({ processes }) => processes.some(isIts));
  }
  const isOwn = own.pod !== '' && subject.pod === own.pod && subject.namespace === own.namespace;
  if (!isOwn || ownNetwork === undefined) return undefined;
  return look.networks.find(({ identity }) => identity === ownNetwork);
}

export function notesOf({ unplaced }: Watched): string[] {
  return unplaced.map(
    ({ subject }) =>
      `gateway ${subject.gateway}: the network that it runs in is not visible, so whether its ports listen is not known`,
  );
}
