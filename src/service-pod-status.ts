import type { Pod } from './contract/cluster.ts';
import type { ClusterState } from './facts/cluster-state.ts';
import { troubleOf } from './facts/pod-trouble.ts';
import type { TrackedUpstream } from './facts/tracked-upstream.ts';
import type { PodStatus, ServicePodsStatus } from './http/views.ts';

const MOST_SERVICES = 100;
const MOST_PODS = 20;

/** Pods behind the upstreams that are not ready, by Service: as listed by its selector, else those of this node in its slices. */
export function servicePodStatus(
  upstreams: readonly TrackedUpstream[],
  cluster: ClusterState,
  nowMs: number,
): ServicePodsStatus[] {
  const services = new Set(upstreams.flatMap(({ mapped }) => mapped.service?.service ?? []));
  const found: ServicePodsStatus[] = [];
  const own = ownPods(cluster);
  for (const service of services) {
    if (found.length === MOST_SERVICES) break;
    const listed = cluster.servicePods.of(service, nowMs);
    const notReady = troubled(listed?.pods ?? own.get(service) ?? []);
    if (listed === undefined && notReady.length === 0) continue;
    const { atMs = cluster.currentAtMs('pods') ?? nowMs, isWhole = true } = listed ?? {};
    const total = listed?.pods.length ?? null;
    found.push({ service, total, isWhole, at: new Date(atMs).toISOString(), notReady: notReady.slice(0, MOST_PODS) });
  }
  return found;
}

/** Those of this node that are not ready, by the Services that have them. */
function ownPods(cluster: ClusterState): ReadonlyMap<string, Pod[]> {
  const found = new Map<string, Pod[]>();
  if (cluster.freshness('pods') !== 'fresh') return found;
  for (const pod of cluster.pods()) {
    if (pod.ready) continue;
    const located = pod.ips.flatMap((ip) => cluster.index.at(ip)).filter(({ endpoint }) => endpoint.podUid === pod.uid);
    for (const service of new Set(located.map(({ slice }) => slice.service)))
      found.set(service, [...(found.get(service) ?? []), pod]);
  }
  return found;
}

function troubled(pods: readonly Pod[]): PodStatus[] {
  const all = pods.flatMap((pod): PodStatus[] => {
    const trouble = troubleOf(pod);
    return trouble === null ? [] : [{ pod: pod.key, phase: pod.phase, ...trouble }];
  });
  return all.sort((one, other) => Number(other.isStuck) - Number(one.isStuck));
}
