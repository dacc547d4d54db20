import type { ContainerStatus, Pod } from '../contract/cluster.ts';
import type { Persistent } from '../contract/unit.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';

/** Why a container ended before it was started again; closed set of `badgateway_pod_restarts_total{reason}`. */
export const RESTART_REASONS = [
  'oom_killed',
  'error',
  'completed',
  'container_cannot_run',
  'deadline_exceeded',
  'other',
  'unknown',
] as const;
export type RestartReason = (typeof RESTART_REASONS)[number];

/** `lastState.terminated.reason` as container runtimes and the kubelet write it. */
const REASONS: Readonly<Record<string, RestartReason>> = {
  OOMKilled: 'oom_killed',
  Error: 'error',
  Completed: 'completed',
  ContainerCannotRun: 'container_cannot_run',
  StartError: 'container_cannot_run',
  DeadlineExceeded: 'deadline_exceeded',
};
const MOST_REMEMBERED = 10_000;

/** Where the restarts of one container of a workload are counted: pods come and go, the workload stays. */
export interface WorkloadContainer {
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
}

export interface PodRestartListener {
  restarted(of: WorkloadContainer, reason: RestartReason, count: number): void;
  /** The pod became ready, or is no longer. */
  readinessChanged(of: Omit<WorkloadContainer, 'container'>, isReady: boolean): void;
}

/**
 * Turns what the API says of pods into events, each once, also over our own restart: how often a container was restarted is
 * remembered by pod uid. What had happened before a pod was first seen is not counted.
 */
export class PodRestarts implements Persistent {
  readonly #listener: PodRestartListener;
  readonly #isOfInterest: (pod: Pod) => boolean;
  /** Restarts by pod uid and container, in the order of the last sight. */
  readonly #counts = new Map<string, number>();
  /** How many were forgotten because there were too many. */
  dropped = 0;

  constructor(listener: PodRestartListener, isOfInterest: (pod: Pod) => boolean) {
    this.#listener = listener;
    this.#isOfInterest = isOfInterest;
  }

  /** Null: it was not there before, or is gone. */
  change(before: Pod | null, after: Pod | null): void {
    if (after === null) {
      for (const { name } of before?.containers ?? []) this.#counts.delete(keyOf(before!, name));
      return;
    }
    const isOfInterest = this.#isOfInterest(after);
    for (const container of after.containers) this.#look(after, container, isOfInterest);
    const hasFlipped = before !== null && before.uid === after.uid && before.ready !== after.ready;
    if (hasFlipped && isOfInterest) this.#listener.readinessChanged(workloadOf(after), after.ready);
  }

  save(): unknown {
    return [...this.#counts];
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const entry of saved.slice(0, MOST_REMEMBERED)) {
      if (!Array.isArray(entry)) continue;
      const [key, count] = entry as unknown[];
      if (typeof key === 'string' && Number.isSafeInteger(count)) this.#counts.set(key, count as number);
    }
  }

  #look(pod: Pod, { name, restartCount, lastExit }: ContainerStatus, isOfInterest: boolean): void {
    const key = keyOf(pod, name);
    const before = this.#counts.get(key);
    this.#counts.delete(key);
    this.#counts.set(key, restartCount);
    this.#forgetOldest();
    const count = restartCount - (before ?? restartCount);
    if (count <= 0 || !isOfInterest) return;
    const of = { ...workloadOf(pod), container: name };
    // Only the last exit is kept by the API.
    this.#listener.restarted(of, reasonOf(lastExit?.reason), 1);
    if (count > 1) this.#listener.restarted(of, 'unknown', count - 1);
  }

  #forgetOldest(): void {
    if (this.#counts.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      this.dropped++;
      return;
    }
  }
}

function reasonOf(reason: string | undefined): RestartReason {
  if (reason === undefined || reason === '') return 'unknown';
  return Object.hasOwn(REASONS, reason) ? REASONS[reason] : 'other';
}

function workloadOf({ key }: Pod): Omit<WorkloadContainer, 'container'> {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), workload: workloadOfPod(key.slice(slash + 1)) };
}

function keyOf({ uid }: Pod, container: string): string {
  return `${uid} ${container}`;
}
