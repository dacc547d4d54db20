import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SOUND_SPEC, workload, workloadSays } from '../../support/audit-workload.ts';

const says = (of = workload()) => workloadSays('mesh_token_missing', of);
const token = { name: 'kube-api-access-x', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
const mount = { volumeMounts: [{ name: token.name, mountPath: '/var/run/secrets' }] };
const meshed = (sidecar: object, spec: object = {}) => ({
  ...{ ...SOUND_SPEC, ...spec },
  containers: [...SOUND_SPEC.containers, { name: 'istio-proxy', ...sidecar }],
});

test('fires on a sidecar without any token, with who has switched it off', () => {
  assert.deepEqual(says(workload(meshed({}, { automountServiceAccountToken: false }))), [
    'warning shop/cart: istio-proxy needs 1 token of ServiceAccount cart and 0 are mounted: automountServiceAccountToken is false',
  ]);
  assert.match(says(workload(meshed({}))).join(), /automountServiceAccountToken of ServiceAccount cart is false$/);
});

test('a token that is mounted will do, whoever has put it there', () => {
  assert.deepEqual(says(workload(meshed(mount, { volumes: [token] }))), []);
  assert.deepEqual(says(workload(meshed(mount, { volumes: [token], automountServiceAccountToken: false }))), []);
});

test('the API server mounts it when it makes the pod: a template without one is sound, unless it is switched off', () => {
  assert.deepEqual(says(workload(meshed({}), { isTemplate: true })), []);
  const off = workload(meshed({}, { automountServiceAccountToken: false }), { isTemplate: true });
  assert.equal(says(off).length, 1);
});

test('pods without a sidecar need no token', () => {
  assert.deepEqual(says(workload({ ...SOUND_SPEC, automountServiceAccountToken: false })), []);
});
