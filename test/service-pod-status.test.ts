import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterState } from '../src/facts/cluster-state.ts';
import type { TrackedUpstream } from '../src/facts/tracked-upstream.ts';
import { readPod } from '../src/parse/pod.ts';
import { servicePodStatus } from '../src/service-pod-status.ts';
import { endpoint, slice } from './facts/slices.ts';

const NOW = Date.parse('2026-11-21T08:00:00Z');
const clock = { now: () => NOW };
const CART = [{ mapped: { service: { service: 'shop/cart' } } }] as unknown as TrackedUpstream[];
const TEXT = 'container app waits: CrashLoopBackOff';

function podOf(name: string, ip = '', reason = 'CrashLoopBackOff', phase = 'Running') {
  const containerStatuses = [{ name: 'app', ready: false, state: { waiting: { reason } } }];
  const metadata = { namespace: 'shop', name, uid: `uid-${ip}` };
  return readPod({ metadata, status: { phase, podIP: ip, containerStatuses } })!;
}

function clusterOf() {
  const wanted = () => ({ namespaces: [], names: [], hasUnnamed: false });
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted });
  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { ready: false })]));
  return cluster;
}

test('pods of this node in the slices of the Service that are not ready', () => {
  const cluster = clusterOf();
  cluster.set('pods', podOf('cart-1', '10.0.0.1'));
  cluster.set('pods', podOf('other-1', '10.0.0.2'));
  assert.deepEqual(servicePodStatus(CART, cluster, NOW), []);
  cluster.current('pods', NOW);
  assert.deepEqual(servicePodStatus(CART, cluster, NOW), [
    {
      ...{ service: 'shop/cart', total: null, isWhole: true, at: '2026-11-21T08:00:00.000Z' },
      notReady: [{ pod: 'shop/cart-1', phase: 'Running', text: TEXT, isStuck: true }],
    },
  ]);
  assert.deepEqual(servicePodStatus([], cluster, NOW), []);
});

test('all pods that were listed by its selector, also none; those that are stuck first', () => {
  const cluster = clusterOf();
  const list = { service: 'shop/cart', selector: 'app=cart', isWhole: false, atMs: NOW - 10_000 };
  const pods = [podOf('cart-8', '', 'ContainerCreating', 'Pending'), podOf('cart-9')];
  cluster.servicePods.listed({ ...list, pods });
  const [found] = servicePodStatus(CART, cluster, NOW);
  assert.deepEqual([found.total, found.isWhole, found.at], [2, false, '2026-11-21T07:59:50.000Z']);
  assert.deepEqual(
    found.notReady.map(({ pod }) => pod),
    ['shop/cart-9', 'shop/cart-8'],
  );
  cluster.servicePods.listed({ ...list, pods: [] });
  assert.deepEqual([servicePodStatus(CART, cluster, NOW)[0].total], [0]);
  cluster.servicePods.forget('shop/cart');
  assert.deepEqual(servicePodStatus(CART, cluster, NOW), []);
});
