import type { ContainerEnd } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { NodeNetwork } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp, isLoopbackIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ContainerEnds, EndedBy } from './container-ends.ts';
import type { EndpointFacts } from './endpoint-facts.ts';
import type { NetworkPlaces } from './network-places.ts';
import type { KnownPod } from './said-endpoints.ts';

/** The API and the cgroups tell an end so long after it at most, mostly. */
const TOLD_MS = 2_500;
/** The API cuts moments to seconds, and its clock is another one. */
const CLOCK_MS = 2_000;
/** An end is stamped at the next look at the cgroup. */
const STAMPED_MS = 5_000;

const NO_ENDS: readonly ContainerEnd[] = [];
const NOBODYS = unknown('whose container it would be is not known');
const NOT_HERE = unknown('the pod is not on this node');
const LATER = pending('an end is told a moment later', 'containers');

export interface EndFactsOptions {
  readonly clock: Clock;
  readonly cluster: Pick<ClusterState, 'pod' | 'podOfUid'>;
  readonly ends: ContainerEnds;
  readonly places: NetworkPlaces;
  readonly endpoints: Pick<EndpointFacts, 'podsAt'>;
}

/** Who is behind one. */
export interface Side {
  readonly pods: readonly KnownPod[];
  readonly network: NodeNetwork | undefined;
  /** `namespace/name` of the pods, by all that is known. */
  readonly names: readonly string[];
}

const NO_PODS: readonly KnownPod[] = [];

/** Answers which containers of a peer or a gateway ended when requests failed. */
export class EndFacts {
  readonly #options: EndFactsOptions;
  /** By the pods behind an address: the same array as long as nothing changes. */
  readonly #sides = new WeakMap<readonly KnownPod[], Side>();

  constructor(options: EndFactsOptions) {
    this.#options = options;
  }

  ends(of: Observation, side: 'peer' | 'gateway', lookBackMs: number): Answer<readonly ContainerEnd[]> {
    const { clock, ends, cluster } = this.#options;
    const its = this.find(of, side);
    const { pods, network } = its;
    if (pods.length === 0 && network === undefined) return NOBODYS;
    const found = ends.isEmpty ? NO_ENDS : this.#told(of, lookBackMs, its);
    if (found.length === 0 && network === undefined && !isAnyWatched(pods, cluster)) return NOT_HERE;
    // Of older ones nobody says that they are the last.
    const isNow = found.length > 0 && found[0].atMs >= of.sinceMs - CLOCK_MS;
    return isNow || clock.now() >= of.atMs + TOLD_MS ? known(found) : LATER;
  }

  #told(of: Observation, lookBackMs: number, side: Side): readonly ContainerEnd[] {
    const { cluster, ends } = this.#options;
    if (!mayHaveEnded(side, this.#options)) return NO_ENDS;
    return ends.of(whoIs(side, cluster), of.sinceMs - lookBackMs - CLOCK_MS, of.atMs + STAMPED_MS);
  }

  /** Who is behind the side: by slices, and by the network that has the address. */
  find(of: Observation, side: 'peer' | 'gateway'): Side {
    const { subject, peer } = of;
    const { places, endpoints } = this.#options;
    const ip = peer === null || peer.port === null ? null : canonicalIp(peer.address);
    if (side === 'gateway' || (ip !== null && isLoopbackIp(ip))) {
      const pods = subject.pod === '' ? NO_PODS : [{ uid: '', pod: `${subject.namespace}/${subject.pod}` }];
      return sideOf(pods, ownOf(places.ofGateway(subject)));
    }
    if (ip === null) return sideOf(NO_PODS, undefined);
    const network = ownOf(places.ofPeer(subject, ip));
    const pods = endpoints.podsAt(of);
    const known = this.#sides.get(pods);
    if (known !== undefined && known.network === network) return known;
    const found = sideOf(pods, network);
    this.#sides.set(pods, found);
    return found;
  }
}

function isAnyWatched(pods: readonly KnownPod[], cluster: EndFactsOptions['cluster']): boolean {
  for (const { pod } of pods) if (cluster.pod(pod) !== undefined) return true;
  return false;
}

/** Mostly nothing is known: cheaper than asking. */
function mayHaveEnded({ pods, network, names }: Side, { cluster, ends }: EndFactsOptions): boolean {
  for (const { uid, pod } of pods) if (ends.mayBeOf(uid || (cluster.pod(pod)?.uid ?? ''), pod)) return true;
  for (const name of names) if (ends.mayBeOf(network?.podUid ?? '', name)) return true;
  return network !== undefined && ends.mayBeOf(network.podUid, '');
}

function whoIs({ pods, network, names }: Side, cluster: EndFactsOptions['cluster']): EndedBy {
  const podUids: string[] = [];
  for (const { uid, pod } of pods) podUids.push(uid || (cluster.pod(pod)?.uid ?? ''));
  if (network !== undefined) podUids.push(network.podUid);
  const containerIds = network?.processes.map(({ containerId }) => containerId).filter(Boolean) ?? [];
  return { podUids: podUids.filter(Boolean), containerIds, pods: names };
}

function sideOf(pods: readonly KnownPod[], network: NodeNetwork | undefined): Side {
  const named = namesOf(pods);
  if (network === undefined || network.labels.namespace === '') return { pods, network, names: named };
  const { namespace, pod } = network.labels;
  const name = `${namespace}/${pod}`;
  return { pods, network, names: named.includes(name) ? named : [...named, name] };
}

/** Mostly one: an array that grows takes room for many more. */
function namesOf(pods: readonly KnownPod[]): readonly string[] {
  if (pods.length === 1 && pods[0].pod !== '') return [pods[0].pod];
  return pods.map(({ pod }) => pod).filter((pod) => pod !== '');
}

/** The containers of the node's network are not those of one pod. */
function ownOf(network: NodeNetwork | undefined): NodeNetwork | undefined {
  return network?.kind === 'host' ? undefined : network;
}
