import assert from 'node:assert/strict';
import { test } from 'node:test';
import { troubleOf } from '../../src/facts/pod-trouble.ts';
import { readPod } from '../../src/parse/pod.ts';

const CONDITIONS = (ready: boolean) => [{ type: 'Ready', status: ready ? 'True' : 'False' }];

function trouble(status: object, metadata: object = {}) {
  const pod = readPod({ metadata: { namespace: 'shop', name: 'cart-1', ...metadata }, status });
  assert.ok(pod);
  return troubleOf(pod);
}

const waiting = (reason: string) => ({ name: 'app', ready: false, state: { waiting: { reason } } });
const app = { name: 'app', ready: true, state: { running: {} } };

test('the container that is not ready is named, with the word of the kubelet', () => {
  const looping = trouble({
    phase: 'Running',
    conditions: CONDITIONS(false),
    containerStatuses: [{ name: 'proxy', ready: true, state: { running: {} } }, waiting('CrashLoopBackOff')],
  });
  assert.deepEqual(looping, { text: 'container app waits: CrashLoopBackOff', isStuck: true });
  const probed = trouble({ phase: 'Running', containerStatuses: [{ ...app, ready: false }] });
  assert.deepEqual(probed, { text: 'container app is not ready', isStuck: false });
});

test('a pod that starts is not stuck; an image that cannot be pulled is', () => {
  assert.equal(trouble({ phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] })?.isStuck, false);
  assert.equal(trouble({ phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] })?.isStuck, true);
});

test('the scheduler and an init container come before the containers that wait for them', () => {
  const containerStatuses = [waiting('PodInitializing')];
  const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
  assert.deepEqual(trouble({ phase: 'Pending', conditions: [unscheduled] }), {
    ...{ text: 'not scheduled: Unschedulable', isStuck: true },
  });
  const done = { name: 'a', state: { terminated: { exitCode: 0, reason: 'Completed' } } };
  const sidecar = { name: 'b', started: true, state: { running: {} } };
  const crashing = { name: 'migrate', state: { waiting: { reason: 'CrashLoopBackOff' } } };
  const init = { phase: 'Pending', containerStatuses, initContainerStatuses: [done, sidecar, crashing] };
  assert.deepEqual(trouble(init), { text: 'init container migrate: CrashLoopBackOff', isStuck: true });
  const running = { name: 'migrate', started: false, state: { running: {} } };
  assert.deepEqual(trouble({ ...init, initContainerStatuses: [running] }), {
    ...{ text: 'init container migrate: runs', isStuck: false },
  });
});

test('a pod that is ready, done, or on its way out has none', () => {
  assert.equal(trouble({ phase: 'Running', conditions: CONDITIONS(true), containerStatuses: [app] }), null);
  assert.equal(trouble({ phase: 'Succeeded' }), null);
  const deletionTimestamp = '2026-11-21T08:00:45Z';
  assert.equal(trouble({ phase: 'Running', containerStatuses: [waiting('x')] }, { deletionTimestamp }), null);
});

test('all containers ready and the pod not: a readiness gate', () => {
  const found = trouble({ phase: 'Running', conditions: CONDITIONS(false), containerStatuses: [app] });
  assert.equal(found?.text, 'its containers are ready, a readiness gate is not');
});
