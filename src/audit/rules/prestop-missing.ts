import type { WorkloadRule } from '../rule.ts';
import { placeOf, RECOMMENDED, servingContainers } from '../workload.ts';

export const prestopMissing: WorkloadRule = {
  name: 'prestop_missing',
  severity: 'warning',
  summary: 'A container behind a gateway is told to stop while gateways still send to it',
  *check(workload) {
    const { recommendedPreStopSeconds: recommended, lifecycle } = workload;
    for (const { name, preStop } of servingContainers(workload)) {
      if (preStop !== null) continue;
      const gap = recommended.isKnown
        ? `up to ${recommended.value} s (${RECOMMENDED})`
        : `as long as they take to hear of it (${recommended.why})`;
      const seconds = recommended.isKnown ? recommended.value : 'the seconds of badgateway_recommended_prestop_seconds';
      yield {
        place: placeOf(workload),
        message: `container ${name} has no preStop hook, so it stops after 0 s, and gateways send to a stopping pod for ${gap}`,
        fix: `lifecycle: {preStop: {sleep: {seconds: ${seconds}}}} (Kubernetes 1.30; before: exec sleep), within terminationGracePeriodSeconds (${lifecycle.graceSeconds})`,
      };
    }
  },
};
