import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import { factsRig, START_MS } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

function pod(key: string, restartCount: number, more: Partial<Pod> = {}): Pod {
  const base = {
    nodeName: '',
    phase: 'Running',
    ips: ['10.0.0.1'],
    hostNetwork: false,
    ready: true,
    deletedAtMs: null,
  };
  const lastExit = restartCount === 0 ? null : { reason: 'OOMKilled', exitCode: 137, finishedAtMs: START_MS };
  const container = { name: 'app', restartCount, ready: true, waitingReason: '', lastExit };
  return { key, uid: 'uid-10.0.0.1', containers: [container], ...base, ...more };
}

function setUp() {
  const rig = factsRig();
  const write = (...pods: readonly string[]) =>
    rig.cluster.set(
      'endpointslices',
      slice(
        'a',
        pods.map((name, at) => endpoint(`10.0.0.${at + 1}`, { podName: name })),
      ),
    );
  write('cart-a1', 'cart-a2');
  rig.hear();
  const texts = () =>
    rig.facts.changes.since(0).map(({ kind, service, subject, text }) => [kind, service, subject?.pod, text]);
  return { ...rig, write, texts };
}

describe('changes that the cluster tells', () => {
  it('a rollout is one change, however many pods are replaced', () => {
    const { write, texts, step } = setUp();
    write('cart-a1', 'cart-a2', 'cart-b1');
    assert.deepEqual(texts(), [], 'more pods are no rollout');
    step(5_000);
    write('cart-a1', 'cart-b1');
    step(5_000);
    write('cart-b2', 'cart-b1');
    const text = 'pods of shop/cart are being replaced: cart-a2 leaves, cart-b1 came';
    assert.deepEqual(texts(), [['rollout', 'shop/cart', undefined, text]]);
    step(60_001);
    write('cart-c1', 'cart-b1');
    assert.equal(texts().length, 2);
  });

  it('a pod that moves to another slice, or back, is none', () => {
    const { write, texts, cluster } = setUp();
    write('cart-a1');
    cluster.set('endpointslices', slice('b', [endpoint('10.0.0.2', { podName: 'cart-a2' })]));
    assert.deepEqual(texts(), []);
  });

  it('a container that was started again, of a gateway or behind a Service', () => {
    const { cluster, uses, texts } = setUp();
    cluster.set('pods', pod('shop/cart-a1', 0));
    cluster.set('pods', pod('shop/cart-a1', 1));
    uses({});
    const gateway = { uid: 'g', ips: [] };
    for (const restarts of [2, 3]) cluster.set('pods', pod('gw/edge-1', restarts, gateway));
    for (const restarts of [2, 3]) cluster.set('pods', pod('gw/nobody', restarts, { uid: 'n', ips: ['10.0.0.9'] }));
    assert.deepEqual(texts(), [
      ['restart', 'shop/cart', undefined, 'container app of shop/cart-a1 was started again (OOMKilled, exit code 137)'],
      ['restart', '', 'edge-1', 'container app of gw/edge-1 was started again (OOMKilled, exit code 137)'],
    ]);
  });
});
