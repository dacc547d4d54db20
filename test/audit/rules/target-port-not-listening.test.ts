import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import {
  listening,
  SOUND_SPEC,
  withContainer,
  workload,
  workloadFixes,
  workloadSays,
} from '../../support/audit-workload.ts';

const NAME = 'target_port_not_listening';
const says = (of = workload()) => workloadSays(NAME, of);
const sendsTo = (targetPort: number | string) => ({
  services: known([{ key: 'shop/cart', ports: known([{ name: '', port: 80, targetPort }]) }]),
});

test('what listens is sound; where nothing does, the ports that do are named', () => {
  assert.deepEqual(says(workload(SOUND_SPEC, { listens: listening(['listening']) })), []);
  const wrong = workload(SOUND_SPEC, { listens: listening(['port_mismatch', 9090], ['listening'], ['not_listening']) });
  assert.deepEqual(says(wrong), [
    'warning shop/cart: Service shop/cart sends port 80 to 8080 and nothing listens there in 2 pods of 3 on this node; 9090 does',
  ]);
  assert.deepEqual(workloadFixes(NAME, wrong), ['targetPort: 9090']);
});

test('on loopback only nothing gets there', () => {
  const [said] = says(workload(SOUND_SPEC, { listens: listening(['bound_to_loopback']) }));
  assert.match(said, /sends port 80 to 8080, which listens on loopback only in 1 pod of 1/);
});

test('a name that no container gives makes no endpoint', () => {
  assert.deepEqual(says(workload(SOUND_SPEC, sendsTo('web'))), [
    'warning shop/cart: Service shop/cart sends port 80 to the port named web and the containers name http: the pod is no endpoint of it',
  ]);
});

test('without sight of sockets a number that is not listed is a hint, and one of a container without ports nothing', () => {
  assert.deepEqual(says(workload(SOUND_SPEC, sendsTo(9090))), [
    'info shop/cart: Service shop/cart sends port 80 to 9090 and the containers list 8080: whether something listens there is not known',
  ]);
  assert.deepEqual(says(workload(SOUND_SPEC, sendsTo(8080))), []);
  assert.deepEqual(says(workload(withContainer({ ports: [] }), sendsTo(9090))), []);
  // '' is the port of the Service itself.
  assert.match(says(workload(SOUND_SPEC, sendsTo(''))).join(), /sends port 80 to 80 /);
});

test('what is not seen or not known is not judged', () => {
  assert.deepEqual(says(workload(SOUND_SPEC, { listens: listening(['unknown']) })), [
    'unchecked: sockets of its pods are not seen from here',
  ]);
  assert.deepEqual(says(workload(SOUND_SPEC, { services: notKnown('there are no Services in the file') })), [
    'unchecked: there are no Services in the file',
  ]);
  const lost = { services: known([{ key: 'shop/cart', ports: notKnown('Service shop/cart is not known') }]) };
  assert.deepEqual(says(workload(SOUND_SPEC, lost)), ['unchecked: Service shop/cart is not known']);
});
