import type { ContainerLifecycle } from '../../contract/cluster.ts';
import { type Finding, type Unchecked, unchecked, type WorkloadRule } from '../rule.ts';
import { placeOf, type Workload } from '../workload.ts';

/** What the application gets to end its requests: half of what Kubernetes gives to all. */
const SHUTDOWN_S = 15;

export const prestopExceedsGrace: WorkloadRule = {
  name: 'prestop_exceeds_grace',
  severity: 'warning',
  summary: 'The preStop hook sleeps for all of terminationGracePeriodSeconds: the container is killed',
  *check(workload) {
    for (const container of workload.lifecycle.containers) yield* checkOne(workload, container);
  },
};

/** The grace period counts from the deletion, not from the end of the hook (pkg/kubelet/kuberuntime, killContainer). */
function* checkOne(workload: Workload, { name, preStop }: ContainerLifecycle): Generator<Finding | Unchecked> {
  if (preStop === null) return;
  const { sleepSeconds } = preStop;
  if (sleepSeconds === null) {
    yield unchecked('how long a preStop hook takes is only known of `sleep`');
    return;
  }
  const { graceSeconds } = workload.lifecycle;
  if (sleepSeconds < graceSeconds) return;
  yield {
    place: placeOf(workload),
    message: `the preStop hook of container ${name} sleeps ${sleepSeconds} s and terminationGracePeriodSeconds is ${graceSeconds}: the container is killed (137) with its requests, before or as it is told to stop`,
    fix: `terminationGracePeriodSeconds: ${Math.ceil(sleepSeconds) + SHUTDOWN_S}, the sleep and the time that the application needs to stop`,
  };
}
