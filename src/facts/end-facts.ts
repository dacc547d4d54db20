import type { ContainerEnd } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { NodeNetwork } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp, isLoopbackIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ContainerEnds } from './container-ends.ts';
import type { EndpointFacts } from './endpoint-facts.ts';
import type { NetworkPlaces } from './network-places.ts';

/** The API and the cgroups tell an end so long after it at most, mostly. */
const TOLD_MS = 2_500;
/** The API cuts moments to seconds, and its clock is another one. */
const CLOCK_MS = 2_000;
/** An end is stamped at the next look at the cgroup. */
const STAMPED_MS = 5_000;

const NO_ENDS: readonly ContainerEnd[] = [];

export interface EndFactsOptions {
  readonly clock: Clock;
  readonly cluster: Pick<ClusterState, 'pod' | 'podOfUid'>;
  readonly ends: ContainerEnds;
  readonly places: NetworkPlaces;
  readonly endpoints: Pick<EndpointFacts, 'podsAt'>;
}

/** A pod as it is known from one place or another; '' what is not. */
export interface KnownPod {
  readonly uid: string;
  /** `namespace/name` */
  readonly pod: string;
}

/** Who is behind one. */
interface Side {
  readonly pods: readonly KnownPod[];
  readonly network: NodeNetwork | undefined;
}

/** Answers which containers of a peer or a gateway ended when requests failed. */
export class EndFacts {
  readonly #options: EndFactsOptions;

  constructor(options: EndFactsOptions) {
    this.#options = options;
  }

  ends(of: Observation, side: 'peer' | 'gateway', lookBackMs: number): Answer<readonly ContainerEnd[]> {
    const { clock, ends, cluster } = this.#options;
    const { pods, network } = this.find(of, side);
    if (pods.length === 0 && network === undefined) return unknown('whose container it would be is not known');
    const found = ends.isEmpty ? NO_ENDS : this.#told(of, lookBackMs, { pods, network });
    const isSeen = network !== undefined || pods.some(({ pod }) => cluster.pod(pod) !== undefined);
    if (found.length === 0 && !isSeen) return unknown('the pod is not on this node');
    // Of older ones nobody says that they are the last.
    const isNow = found.some(({ atMs }) => atMs >= of.sinceMs - CLOCK_MS);
    return isNow || clock.now() >= of.atMs + TOLD_MS
      ? known(found)
      : pending('an end is told a moment later', 'containers');
  }

  #told(of: Observation, lookBackMs: number, { pods, network }: Side): readonly ContainerEnd[] {
    const { cluster, ends } = this.#options;
    const uids = pods.map(({ uid, pod }) => uid || (cluster.pod(pod)?.uid ?? ''));
    const who = {
      podUids: new Set([...uids, network?.podUid ?? ''].filter(Boolean)),
      pods: new Set(pods.map(({ pod }) => pod).filter(Boolean)),
      containerIds: network?.processes.map(({ containerId }) => containerId).filter(Boolean) ?? [],
    };
    return ends.of(who, of.sinceMs - lookBackMs - CLOCK_MS, of.atMs + STAMPED_MS);
  }

  /** Who is behind the side: by slices, and by the network that has the address. */
  find(of: Observation, side: 'peer' | 'gateway'): Side {
    const { subject, peer } = of;
    const { places, endpoints } = this.#options;
    const ip = peer === null || peer.port === null ? null : canonicalIp(peer.address);
    if (side === 'gateway' || (ip !== null && isLoopbackIp(ip))) {
      const pods = subject.pod === '' ? [] : [{ uid: '', pod: `${subject.namespace}/${subject.pod}` }];
      return { pods, network: ownOf(places.ofGateway(subject)) };
    }
    if (ip === null) return { pods: [], network: undefined };
    return { pods: endpoints.podsAt(of), network: ownOf(places.ofPeer(subject, ip)) };
  }
}

/** The containers of the node's network are not those of one pod. */
function ownOf(network: NodeNetwork | undefined): NodeNetwork | undefined {
  return network?.kind === 'host' ? undefined : network;
}
