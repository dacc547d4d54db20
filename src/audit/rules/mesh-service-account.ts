import type { WorkloadRule } from '../rule.ts';
import { meshContainer, placeOf } from '../workload.ts';

export const meshServiceAccount: WorkloadRule = {
  name: 'mesh_service_account',
  severity: 'warning',
  summary: 'A pod of a mesh has no service account of its own, or names one that is not there',
  *check(workload) {
    const sidecar = meshContainer(workload);
    if (sidecar === null) return;
    const { accounts, lifecycle } = workload;
    const { serviceAccount } = lifecycle;
    const place = placeOf(workload);
    if (serviceAccount === 'default') {
      yield {
        place,
        message: `pods with ${sidecar.name} run as ServiceAccount default, whose identity is that of every pod without one of its own: 1 identity where 2 workloads are to be told apart`,
        fix: 'a ServiceAccount for this workload, and serviceAccountName in its pods',
        severity: 'info',
      };
    } else if (accounts.isKnown && !accounts.value.has(serviceAccount)) {
      const [namespace] = workload.key.split('/');
      yield {
        place,
        message: `serviceAccountName is ${serviceAccount} and 0 of the ${accounts.value.size} ServiceAccounts of namespace ${namespace} have that name: no pod is created`,
        fix: `kubectl create serviceaccount -n ${namespace} ${serviceAccount}`,
      };
    }
  },
};
