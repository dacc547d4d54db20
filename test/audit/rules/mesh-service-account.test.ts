import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../../../src/audit/fact.ts';
import { SOUND_SPEC, workload, workloadFixes, workloadSays } from '../../support/audit-workload.ts';

const NAME = 'mesh_service_account';
const says = (of = workload()) => workloadSays(NAME, of);
const meshed = (spec: object = {}) => ({
  ...{ ...SOUND_SPEC, ...spec },
  containers: SOUND_SPEC.containers,
  initContainers: [{ name: 'linkerd-proxy', restartPolicy: 'Always' }],
});

test('a pod of a mesh that runs as default is a hint', () => {
  assert.match(
    says(workload(meshed({ serviceAccountName: undefined }))).join(),
    /^info shop\/cart: pods with linkerd-proxy run as ServiceAccount default,/,
  );
  assert.deepEqual(says(workload(meshed())), []);
  assert.deepEqual(says(workload({ ...SOUND_SPEC, serviceAccountName: 'default' })), []);
});

test('one that is not among those of the namespace is a warning', () => {
  const lost = workload(meshed(), { accounts: known(new Set(['default', 'web'])) });
  assert.deepEqual(says(lost), [
    'warning shop/cart: serviceAccountName is cart and 0 of the 2 ServiceAccounts of namespace shop have that name: no pod is created',
  ]);
  assert.deepEqual(workloadFixes(NAME, lost), ['kubectl create serviceaccount -n shop cart']);
  assert.deepEqual(says(workload(meshed(), { accounts: known(new Set(['cart'])) })), []);
});
