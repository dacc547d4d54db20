import type { ClusterState } from './cluster-state.ts';
import type { EndpointHistory } from './endpoint-history.ts';
import type { ServicePort } from './endpoint-states.ts';

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

export interface PastOwner extends ServicePort {
  /** A slice has it now. */
  readonly isCurrent: boolean;
}

/** Each once; without a map, because mostly it is the only one. */
export function withOwner(
  found: readonly PastOwner[],
  { service, portName }: ServicePort,
  isCurrent: boolean,
): readonly PastOwner[] {
  for (let at = 0; at < found.length; at++) {
    const known = found[at];
    if (known.service !== service || known.portName !== portName) continue;
    return isCurrent && !known.isCurrent ? found.with(at, { service, portName, isCurrent }) : found;
  }
  return [...found, { service, portName, isCurrent }];
}
