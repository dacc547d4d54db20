import type { ContainerStatus, Pod } from '../contract/cluster.ts';
import type { Clock } from '../contract/unit.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import type { WorkloadContainer } from './pod-restarts.ts';

/** Deleted pods of which not all containers have ended. */
const MOST_DELETED = 1_000;
/** An end that a failure may still turn up for: what is in flight when a program exits fails at once, and is read soon. */
const RECENT_MS = 60_000;
const MOST_RECENT = 1_000;

/** How long after its pod's deletion was asked for a container ended. */
export interface Termination {
  readonly of: WorkloadContainer;
  /** `namespace/name` */
  readonly pod: string;
  readonly ips: readonly string[];
  /** By the API server's clock for the one, by the node's for the other; both in whole seconds. Never below 0. */
  readonly seconds: number;
  /** No more than a second by both: by the API's two times, and by when we heard of the deletion. */
  readonly isAbrupt: boolean;
  readonly exitCode: number;
  /** Milliseconds since the epoch, to the second. */
  readonly endedMs: number;
}

export interface PodTerminationsOptions {
  readonly clock: Clock;
  /** A gateway's, or behind a Service. */
  readonly isOfInterest: (pod: Pod) => boolean;
  readonly ended: (termination: Termination) => void;
}

interface Deleted {
  /** When we heard of it, milliseconds since the epoch. */
  readonly heardMs: number;
  readonly isOfInterest: boolean;
  /** Containers whose end has been told. */
  readonly told: Set<string>;
}

/** Measures from what the API says of this node's pods how long their containers go on after the deletion. */
export class PodTerminations {
  readonly #options: PodTerminationsOptions;
  /** By uid, the latest last. */
  readonly #deleted = new Map<string, Deleted>();
  /** The latest last. */
  #recent: Termination[] = [];
  /** Pods that were given up because there were too many. */
  dropped = 0;

  constructor(options: PodTerminationsOptions) {
    this.#options = options;
  }

  /** Null: it was not there before, or is gone. */
  change(before: Pod | null, after: Pod | null): void {
    // The kubelet tells the end before it lets the pod go; where it does not, nothing is known.
    if (after === null) this.#deleted.delete(before!.uid);
    else if (after.deletedAtMs !== null) this.#look(before, after, after.deletedAtMs);
  }

  /** Ends within a second of the deletion at one of these addresses whose requests in flight may be those that failed. */
  abruptAt(ip: string, sinceMs: number, untilMs: number): readonly Termination[] {
    return this.#recent.filter(
      ({ isAbrupt, ips, endedMs }) =>
        isAbrupt && ips.includes(ip) && untilMs >= endedMs && sinceMs <= endedMs + LATE_MS,
    );
  }

  #look(before: Pod | null, pod: Pod, deletedAtMs: number): void {
    const deleted = this.#deleted.get(pod.uid) ?? this.#begin(before, pod);
    for (const container of pod.containers) {
      if (container.isOver !== true || deleted.told.has(container.name)) continue;
      deleted.told.add(container.name);
      const termination = deleted.isOfInterest ? terminationOf(pod, container, deletedAtMs, deleted.heardMs) : null;
      if (termination === null) continue;
      const nowMs = this.#options.clock.now();
      const recent = this.#recent.filter(({ endedMs }) => Math.abs(nowMs - endedMs) <= RECENT_MS);
      this.#recent = [...recent, termination].slice(-MOST_RECENT);
      this.#options.ended(termination);
    }
  }

  #begin(before: Pod | null, pod: Pod): Deleted {
    const wasThere = before !== null && before.uid === pod.uid && before.deletedAtMs === null;
    // One that was being deleted when we first saw it: what had ended by then is not told.
    const over = wasThere ? [] : pod.containers.filter(({ isOver }) => isOver).map(({ name }) => name);
    const heardMs = wasThere ? this.#options.clock.now() : Number.NEGATIVE_INFINITY;
    const deleted = { heardMs, isOfInterest: this.#options.isOfInterest(pod), told: new Set(over) };
    this.#deleted.set(pod.uid, deleted);
    const [oldest] = this.#deleted.size > MOST_DELETED ? this.#deleted.keys() : [];
    if (oldest !== undefined) {
      this.#deleted.delete(oldest);
      this.dropped++;
    }
    return deleted;
  }
}

/** A line of a log is of a whole second, and may be written a moment after the connection broke. */
const LATE_MS = 2_000;
const SECOND_MS = 1_000;
/** Clocks of one cluster differ by less, or GatewayClockSkew fires. */
const SKEW_MS = 2_000;

function terminationOf(pod: Pod, container: ContainerStatus, deletedAtMs: number, heardMs: number): Termination | null {
  const { finishedAtMs = null, exitCode = 0 } = container.lastExit ?? {};
  // It had ended by itself before the pod was deleted.
  if (finishedAtMs === null || finishedAtMs < deletedAtMs - SKEW_MS) return null;
  const [namespace, name] = pod.key.split('/');
  const tookMs = finishedAtMs - deletedAtMs;
  return {
    of: { namespace, workload: workloadOfPod(name), container: container.name },
    pod: pod.key,
    ips: pod.hostNetwork ? [] : pod.ips,
    seconds: Math.max(0, tookMs) / SECOND_MS,
    // Both times are cut to the second: 0 is less than one. By our own clock no more than a second beyond that, whatever the API server's is.
    isAbrupt: tookMs <= 0 && finishedAtMs + SECOND_MS - heardMs <= 2 * SECOND_MS,
    exitCode,
    endedMs: finishedAtMs,
  };
}
