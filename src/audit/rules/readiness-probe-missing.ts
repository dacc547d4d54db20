import type { WorkloadRule } from '../rule.ts';
import { placeOf, servingContainers } from '../workload.ts';

export const readinessProbeMissing: WorkloadRule = {
  name: 'readiness_probe_missing',
  severity: 'warning',
  summary: 'A container behind a gateway gets requests from the moment it is started',
  *check(workload) {
    for (const { name, hasReadinessProbe, ports } of servingContainers(workload)) {
      if (hasReadinessProbe) continue;
      const port = ports[0]?.name || ports[0]?.port || 'PORT';
      yield {
        place: placeOf(workload),
        message: `container ${name} has 0 readiness probes and needs 1: the pod is an endpoint as soon as the container runs, whether or not it listens yet`,
        fix: `readinessProbe: {httpGet: {path: /ready, port: ${port}}, periodSeconds: 5}, with the path that answers once requests can be served`,
      };
    }
  },
};
