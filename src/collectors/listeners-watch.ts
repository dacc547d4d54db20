import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { NodeLook, NodeNetwork } from '../contract/node.ts';

/** A network whose listening sockets are read, with the configurations that run in it. */
export interface WatchedNetwork {
  readonly network: NodeNetwork;
  readonly gateways: readonly GatewaySettings[];
  /** To be read every time: a gateway, one whose queues have overflowed, or one that may have lost its sidecar. */
  readonly isUrgent: boolean;
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
}

export interface Watched {
  readonly networks: readonly WatchedNetwork[];
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
  const networks = look.networks
    .filter((one) => isOfInterest(one, options) || gateways.has(one))
    .map((network) => {
      const here = gateways.get(network) ?? [];
      const { isGateway, hasMoved, kind } = network;
      const isUrgent = isGateway || hasMoved || here.length > 0 || kind === 'process' || options.isFollowed(network);
      return { network, gateways: here, isUrgent };
    });
  return { networks, unplaced };
}

/** The node's network and our own are not among the relevant ones, which are published anyway. */
function isOfInterest(network: NodeNetwork, { ownNetwork, isSidecar, isFollowed }: WatchOptions): boolean {
  const { kind, identity, isRelevant, isGateway, isBackend } = network;
  if (kind === 'host' || kind === 'process') {
    if (isGateway || isBackend || (isSidecar && identity === ownNetwork)) return true;
  }
  return isRelevant || isFollowed(network);
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
