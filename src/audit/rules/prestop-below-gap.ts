import type { ContainerLifecycle } from '../../contract/cluster.ts';
import { type Finding, type Unchecked, unchecked, type WorkloadRule } from '../rule.ts';
import { placeOf, RECOMMENDED, servingContainers, type Workload } from '../workload.ts';

export const prestopBelowGap: WorkloadRule = {
  name: 'prestop_below_gap',
  severity: 'warning',
  summary: 'The preStop hook sleeps for less than gateways go on sending to a stopping pod',
  *check(workload) {
    for (const container of servingContainers(workload)) yield* checkOne(workload, container);
  },
};

function* checkOne(workload: Workload, { name, preStop }: ContainerLifecycle): Generator<Finding | Unchecked> {
  if (preStop === null) return;
  const { recommendedPreStopSeconds: recommended, lifecycle } = workload;
  if (!recommended.isKnown) {
    yield unchecked(recommended.why);
    return;
  }
  const { sleepSeconds, isOnlySleep } = preStop;
  if (sleepSeconds !== null && sleepSeconds >= recommended.value) return;
  if (sleepSeconds === null || !isOnlySleep) {
    yield unchecked('how long a preStop hook takes is only known of `sleep`');
    return;
  }
  const grace =
    recommended.value < lifecycle.graceSeconds
      ? `within terminationGracePeriodSeconds (${lifecycle.graceSeconds})`
      : `and more than ${recommended.value} for terminationGracePeriodSeconds (${lifecycle.graceSeconds})`;
  yield {
    place: placeOf(workload),
    message: `the preStop hook of container ${name} sleeps ${sleepSeconds} s and gateways send to a stopping pod for up to ${recommended.value} s (${RECOMMENDED})`,
    fix: `sleep ${recommended.value} s, ${grace}`,
  };
}
