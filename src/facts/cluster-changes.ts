import type { ContainerStatus, Pod } from '../contract/cluster.ts';
import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Change } from '../contract/evidence.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Rollouts } from './rollouts.ts';

export interface ClusterChangesOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly changed: (change: Change) => void;
  readonly rollouts: Rollouts;
  /** The gateway that runs in the pod (`namespace/name`). */
  readonly gatewayOf: (pod: string) => Subject | undefined;
}

/** Makes changes of what the API says: pods of a Service that are replaced, containers that were started again. */
export class ClusterChanges {
  readonly #options: ClusterChangesOptions;

  constructor(options: ClusterChangesOptions) {
    this.#options = options;
    options.cluster.listen({
      slice: (before, after) => this.#slice(before, after),
      pod: (before, after) => this.#pod(before, after),
    });
  }

  #slice(before: EndpointSlice | null, after: EndpointSlice | null): void {
    // What is listed at first is no change.
    if (this.#options.cluster.followedSinceMs('endpointslices') === null) return;
    const { service } = (after ?? before)!;
    const [had, has] = [podsOf(before), podsOf(after)];
    const came = [...has].filter((pod) => !had.has(pod));
    const left = [...had].filter((pod) => !has.has(pod));
    if (came.length === 0 && left.length === 0) return;
    const { clock, changed, rollouts } = this.#options;
    const replaced = rollouts.changed(service, came, left);
    if (replaced === null) return;
    const text = `pods of ${service} are being replaced: ${replaced.leaver} leaves, ${replaced.newcomer} came`;
    changed({ kind: 'rollout', atMs: clock.now(), subject: null, service, text });
  }

  #pod(before: Pod | null, after: Pod | null): void {
    if (before === null || after === null || before.uid !== after.uid) return;
    for (const container of after.containers) {
      const known = before.containers.find(({ name }) => name === container.name);
      if (known !== undefined && container.restartCount > known.restartCount) this.#restarted(after, container);
    }
  }

  #restarted(pod: Pod, { name, lastExit }: ContainerStatus): void {
    const { cluster, clock, changed, gatewayOf } = this.#options;
    const gateway = gatewayOf(pod.key);
    const located = pod.ips.flatMap((ip) => cluster.index.at(ip)).find(({ endpoint }) => endpoint.podUid === pod.uid);
    const service = located?.slice.service ?? '';
    if (gateway === undefined && service === '') return;
    const why = lastExit === null ? '' : ` (${lastExit.reason || 'ended'}, exit code ${lastExit.exitCode})`;
    const subject = gateway === undefined ? null : { ...gateway, container: name };
    const text = `container ${name} of ${pod.key} was started again${why}`;
    changed({ kind: 'restart', atMs: clock.now(), subject, service, text });
  }
}

/** Those that are not about to go. */
function podsOf(slice: EndpointSlice | null): ReadonlySet<string> {
  const pods = slice?.endpoints.filter(({ terminating, podName }) => podName !== '' && !terminating) ?? [];
  return new Set(pods.map(({ podName }) => podName));
}
