import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPod } from '../../src/parse/pod.ts';
import { factsRig } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

const waiting = { name: 'app', ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } };

function podOf(uid: string, isReady = false) {
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  const status = { phase: 'Running', podIP: '10.0.0.1', conditions, containerStatuses: isReady ? [] : [waiting] };
  return readPod({ metadata: { namespace: 'shop', name: 'cart-1', uid }, status })!;
}

/** An address that has not been ready for a minute. */
function ground() {
  const rig = factsRig();
  rig.cluster.set(
    'endpointslices',
    slice('a', [endpoint('10.0.0.1', { podUid: 'u-1', podName: 'cart-1', ready: false })]),
  );
  rig.uses({ cart: ['10.0.0.1:8080'] });
  rig.step(60_000);
  const unready = () => {
    const of = rig.failed();
    rig.step(3_000);
    rig.hear();
    const answer = rig.facts.endpoint(of);
    assert.ok(answer.isKnown);
    assert.equal(answer.value.state, 'not_ready');
    return answer.value.unready;
  };
  return { ...rig, unready };
}

const TEXT = 'container app waits: CrashLoopBackOff';

test('the container that is not ready is named, of a pod of this node', () => {
  const { cluster, unready } = ground();
  assert.equal(unready(), undefined);
  cluster.set('pods', podOf('u-1'));
  assert.equal(unready(), TEXT);
});

test('nothing is said of a pod that is ready again, nor of another one', () => {
  const { cluster, unready } = ground();
  cluster.set('pods', podOf('u-1', true));
  assert.equal(unready(), undefined);
  cluster.delete('pods', 'shop/cart-1');
  cluster.set('pods', podOf('u-2'));
  assert.equal(unready(), undefined);
});

test('a pod of another node is named from the list of its Service, while that is recent', () => {
  const { cluster, unready, now, step } = ground();
  const list = { service: 'shop/cart', selector: 'app=cart', isWhole: true };
  cluster.servicePods.listed({ ...list, pods: [podOf('u-1')], atMs: now() });
  assert.equal(unready(), TEXT);
  step(100_000);
  assert.equal(unready(), undefined);
  cluster.servicePods.listed({ ...list, pods: [podOf('u-3')], atMs: now() });
  assert.equal(unready(), undefined);
});
