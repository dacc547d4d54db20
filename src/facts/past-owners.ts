import type { ClusterState } from './cluster-state.ts';
import type { EndpointHistory } from './endpoint-history.ts';

/** What is remembered of the pods at addresses. */
export interface PastOwners {
  /** Was this pod ever behind the Service at this address? */
  readonly wasOwner: (service: string, ip: string, podUid: string) => boolean;
  /** Has this pod no address of its own, as on the host network? Absent: of none that is known. */
  readonly isShared?: (ip: string, podUid: string) => boolean;
}

export const NO_PAST: PastOwners = { wasOwner: () => false };

/** Of pods that are not watched, as those of other nodes, only the slices tell. */
export function pastOwners(
  history: Pick<EndpointHistory, 'wasOwner' | 'isShared'>,
  cluster: Pick<ClusterState, 'podOfUid'>,
): Required<PastOwners> {
  return {
    wasOwner: (service, ip, podUid) => history.wasOwner(service, ip, podUid),
    isShared: (ip, podUid) => cluster.podOfUid(podUid)?.hostNetwork === true || history.isShared(ip, podUid),
  };
}
