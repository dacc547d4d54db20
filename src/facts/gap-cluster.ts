import type { ClusterState } from './cluster-state.ts';
import { type ServicePort, type SocketAddress, stateOfAddress } from './endpoint-states.ts';
import { NO_PAST } from './past-owners.ts';

/** A pod that an endpoint belongs to. */
export interface PodOfEndpoint {
  /** `namespace/name` */
  readonly key: string;
  readonly uid: string;
}

/** What measuring needs to know of the cluster as it is now. */
export class GapCluster {
  readonly #cluster: ClusterState;

  constructor(cluster: ClusterState) {
    this.#cluster = cluster;
  }

  isFresh(): boolean {
    return this.#cluster.freshness('endpointslices') === 'fresh';
  }

  isLive(service: ServicePort, address: SocketAddress): boolean {
    return stateOfAddress(this.#cluster.index, service, address, NO_PAST) === 'live';
  }

  /** A Service's own address beside those of pods is never an endpoint. */
  isOfService(ip: string): boolean {
    return this.#cluster.serviceOfClusterIp(ip) !== undefined;
  }

  /** The pod that the slices of the Service have at the address; null when they have none. */
  podAt({ service }: ServicePort, { ip }: SocketAddress): PodOfEndpoint | null {
    const located = this.#cluster.index.at(ip).find(({ slice }) => slice.service === service);
    if (located === undefined || located.endpoint.podUid === '') return null;
    const [namespace] = service.split('/');
    return { key: `${namespace}/${located.endpoint.podName}`, uid: located.endpoint.podUid };
  }

  /** When the deletion of the pod was asked for; null when it was not, or when nothing is known of this very pod. */
  deletedAtMs({ key, uid }: PodOfEndpoint): number | null {
    const pod = this.#cluster.pod(key);
    return pod?.uid === uid ? pod.deletedAtMs : null;
  }
}
