import type { WorkloadRule } from '../rule.ts';
import { meshContainer, placeOf } from '../workload.ts';

export const meshTokenMissing: WorkloadRule = {
  name: 'mesh_token_missing',
  severity: 'warning',
  summary: 'A sidecar of a mesh has no token of its service account: it gets no certificate and passes nothing',
  *check(workload) {
    const sidecar = meshContainer(workload);
    const { automountsToken, serviceAccount } = workload.lifecycle;
    if (sidecar === null || sidecar.hasToken) return;
    // The API server adds the volume when it makes the pod: a template has none yet.
    if (automountsToken !== false && workload.isTemplate) return;
    const why =
      automountsToken === false
        ? 'automountServiceAccountToken is false'
        : `automountServiceAccountToken of ServiceAccount ${serviceAccount} is false`;
    yield {
      place: placeOf(workload),
      message: `${sidecar.name} needs 1 token of ServiceAccount ${serviceAccount} and 0 are mounted: ${why}`,
      fix: 'automountServiceAccountToken: true in the pod, or a projected volume with a serviceAccountToken for the sidecar',
    };
  },
};
