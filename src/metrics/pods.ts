import type { Pod } from '../contract/cluster.ts';
import { counter, gauge, histogram, type MetricTable, type Writers } from '../contract/metrics.ts';
import type { PodRestartListener, RestartReason, WorkloadContainer } from '../facts/pod-restarts.ts';
import type { Termination } from '../facts/pod-terminations.ts';

export const POD_METRICS = {
  restarts: counter(
    'badgateway_pod_restarts_total',
    'Containers that were started again, by why they had ended: pods of gateways and of the Services behind them. Counted by workload, so that it goes on when pods are replaced.',
    ['namespace', 'workload', 'container', 'reason'],
  ),
  termination: histogram(
    'badgateway_pod_termination_seconds',
    'Time from the deletion of a pod until its container ended, preStop included: pods of this node, of gateways and of the Services behind them. By the API server’s clock and the node’s, in whole seconds.',
    ['namespace', 'workload', 'container'],
    [0, 1, 2, 5, 10, 15, 20, 25, 30, 45, 60, 120, 300, 600],
  ),
  readiness: counter(
    'badgateway_pod_readiness_changes_total',
    'Times that a pod of the workload became ready (to = ready) or was no longer (to = not_ready).',
    ['namespace', 'workload', 'to'],
  ),
  waiting: gauge(
    'badgateway_pod_container_waiting',
    '1 while a container waits to be started, by reason (crash_loop_back_off, image_pull_back_off …); absent otherwise.',
    ['namespace', 'pod', 'container', 'reason'],
  ),
} as const satisfies MetricTable;

/** Waiting reasons of the kubelet; everything else is `other`, so that a label has a closed set. */
const WAITING: Readonly<Record<string, string>> = {
  CrashLoopBackOff: 'crash_loop_back_off',
  ImagePullBackOff: 'image_pull_back_off',
  ErrImagePull: 'image_pull_back_off',
  InvalidImageName: 'image_pull_back_off',
  CreateContainerConfigError: 'create_container_error',
  CreateContainerError: 'create_container_error',
  RunContainerError: 'run_container_error',
  ContainerCreating: 'container_creating',
  PodInitializing: 'pod_initializing',
};

/** The series of pods. */
export class PodSeries implements PodRestartListener {
  readonly #writers: Writers<typeof POD_METRICS>;

  constructor(writers: Writers<typeof POD_METRICS>) {
    this.#writers = writers;
  }

  restarted(of: WorkloadContainer, reason: RestartReason, count: number): void {
    this.#writers.restarts.inc({ ...of, reason }, count);
  }

  terminated({ of, seconds }: Pick<Termination, 'of' | 'seconds'>): void {
    this.#writers.termination.observe({ ...of }, seconds);
  }

  readinessChanged(of: Omit<WorkloadContainer, 'container'>, isReady: boolean): void {
    this.#writers.readiness.inc({ ...of, to: isReady ? 'ready' : 'not_ready' });
  }

  /** Those that wait now. */
  publish(pods: Iterable<Pod>): void {
    const { waiting } = this.#writers;
    waiting.reset();
    for (const { key, containers } of pods) {
      const [namespace, pod] = key.split('/');
      for (const { name, waitingReason } of containers) {
        if (waitingReason === '') continue;
        const reason = Object.hasOwn(WAITING, waitingReason) ? WAITING[waitingReason] : 'other';
        waiting.set({ namespace, pod, container: name, reason }, 1);
      }
    }
  }
}
