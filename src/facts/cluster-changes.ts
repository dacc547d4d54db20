import type { ContainerStatus, Pod } from '../contract/cluster.ts';
import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Change } from '../contract/evidence.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';

/** What comes and goes within this time belongs together. */
const BURST_MS = 60_000;
const MOST_BURSTS = 5_000;

export interface ClusterChangesOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly changed: (change: Change) => void;
  /** The gateway that runs in the pod (`namespace/name`). */
  readonly gatewayOf: (pod: string) => Subject | undefined;
}

interface Burst {
  lastMs: number;
  readonly came: Set<string>;
  readonly left: Set<string>;
  isTold: boolean;
}

/** Makes changes of what the API says: pods of a Service that are replaced, containers that were started again. */
export class ClusterChanges {
  readonly #options: ClusterChangesOptions;
  /** By Service, those that were quiet for longest first. */
  readonly #bursts = new Map<string, Burst>();

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
    const nowMs = this.#options.clock.now();
    const burst = this.#burst(service, nowMs);
    for (const pod of came) if (!burst.left.delete(pod)) burst.came.add(pod);
    for (const pod of left) if (!burst.came.delete(pod)) burst.left.add(pod);
    const [[newcomer], [leaver]] = [burst.came, burst.left];
    if (burst.isTold || newcomer === undefined || leaver === undefined) return;
    burst.isTold = true;
    const text = `pods of ${service} are being replaced: ${leaver} leaves, ${newcomer} came`;
    this.#options.changed({ kind: 'rollout', atMs: nowMs, subject: null, service, text });
  }

  #burst(service: string, nowMs: number): Burst {
    const before = this.#bursts.get(service);
    const isOver = before === undefined || Math.abs(nowMs - before.lastMs) > BURST_MS;
    const burst = isOver ? { lastMs: nowMs, came: new Set<string>(), left: new Set<string>(), isTold: false } : before;
    burst.lastMs = nowMs;
    this.#bursts.delete(service);
    this.#bursts.set(service, burst);
    for (const [oldest, { lastMs }] of this.#bursts) {
      if (this.#bursts.size <= MOST_BURSTS && Math.abs(nowMs - lastMs) <= BURST_MS) break;
      this.#bursts.delete(oldest);
    }
    return burst;
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
