import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPod } from '../../src/parse/pod.ts';
import { pod } from '../kubernetes/objects.ts';

const AT = Date.parse('2026-11-21T08:00:00Z');

test('a pod with what its containers went through, and nothing of its environment', () => {
  const terminated = { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-11-21T08:00:00Z' };
  const containerStatuses = [
    { name: 'app', restartCount: 3, ready: true, state: { running: {} }, lastState: { terminated } },
    { name: 'side', restartCount: 9, ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } },
  ];
  const conditions = [
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', status: 'True' },
  ];
  const status = { phase: 'Running', podIPs: [{ ip: '10.2.0.7' }, { ip: 'FD00::7' }], conditions, containerStatuses };
  const object = pod({ name: 'cart-1', nodeName: 'node-a', podIP: '10.2.0.7', status });
  object.metadata.uid = 'u-1';
  const found = readPod(object);
  assert.deepEqual(found, {
    key: 'shop/cart-1',
    uid: 'u-1',
    nodeName: 'node-a',
    phase: 'Running',
    ips: ['10.2.0.7', 'fd00::7'],
    hostNetwork: false,
    ready: true,
    deletedAtMs: null,
    containers: [
      {
        ...{ name: 'app', restartCount: 3, ready: true, waitingReason: '' },
        lastExit: { reason: 'OOMKilled', exitCode: 137, finishedAtMs: AT },
      },
      { name: 'side', restartCount: 9, ready: false, waitingReason: 'CrashLoopBackOff', lastExit: null },
    ],
    lifecycle: {
      ...{ graceSeconds: 30, serviceAccount: 'default', automountsToken: null },
      containers: [{ name: 'app', preStop: null, hasReadinessProbe: false, hasToken: false, ports: [] }],
    },
  });
  assert.doesNotMatch(JSON.stringify(found), /SECRET|env-value/);
});

test('the deletion was asked for a grace period before the deadline', () => {
  const metadata = { namespace: 'shop', name: 'cart-1', deletionTimestamp: '2026-11-21T08:00:45Z' };
  assert.equal(readPod({ metadata: { ...metadata, deletionGracePeriodSeconds: 45 } })?.deletedAtMs, AT);
  assert.equal(readPod({ metadata })?.deletedAtMs, AT + 45_000);
});

test('a finished container tells its end before that of an earlier run', () => {
  const ended = (exitCode: number) => ({ terminated: { reason: 'Error', exitCode } });
  const status = { phase: 'Failed', containerStatuses: [{ name: 'a', state: ended(2), lastState: ended(1) }] };
  const found = readPod({ metadata: { namespace: 'shop', name: 'cart-1' }, status });
  assert.deepEqual(found?.containers[0].lastExit, { reason: 'Error', exitCode: 2, finishedAtMs: null });
});

test('the id of a container that ended is read without its runtime, and nothing else', () => {
  const idOf = (containerID: unknown) => {
    const lastState = { terminated: { reason: 'OOMKilled', exitCode: 137, containerID } };
    const status = { containerStatuses: [{ name: 'a', lastState }] };
    return readPod({ metadata: { namespace: 'shop', name: 'cart-1' }, status })?.containers[0].lastExit?.containerId;
  };
  assert.equal(idOf(`containerd://${'3f2a'.repeat(16)}`), '3f2a'.repeat(16));
  assert.equal(idOf(`cri-o://${'3f2a'.repeat(16)}`), '3f2a'.repeat(16));
  for (const other of ['', 'docker://', 'docker://../../x', 7, null]) assert.equal(idOf(other), undefined);
});

test('what is no pod is none, and nothing throws', () => {
  for (const value of [null, undefined, 7, [], {}, { metadata: { name: 'x' } }]) assert.equal(readPod(value), null);
  const odd = readPod({
    metadata: { namespace: 'a', name: 'b' },
    spec: 3,
    status: { podIP: '10.0.0.1', conditions: {} },
  });
  assert.deepEqual([odd?.phase, odd?.ips, odd?.ready, odd?.containers], ['Unknown', ['10.0.0.1'], false, []]);
});
