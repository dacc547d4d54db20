import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { LastOwners } from '../../src/facts/last-owners.ts';
import { endpoint, slice } from './slices.ts';

const CART = { service: 'shop/cart', portName: 'http' };
const HOUR_MS = 3_600_000;

function pod(key: string, ip: string, more: Partial<Pod> = {}): Pod {
  const base = { uid: key, nodeName: '', phase: 'Running', hostNetwork: false, ready: true, deletedAtMs: null };
  return { key, ips: [ip], containers: [], ...base, ...more };
}

function setUp(mostRemembered?: number) {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted: () => none });
  const owners = new LastOwners({ cluster, clock, ...(mostRemembered === undefined ? {} : { mostRemembered }) });
  return {
    cluster,
    owners,
    wait: (milliseconds: number) => (nowMs += milliseconds),
    find: (ip: string, port = 8080) => owners.find({ ip, port }, CART),
  };
}

describe('the pod behind an address', () => {
  it('is the one of the slice, in its namespace', () => {
    const { cluster, find } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' }), endpoint('10.0.0.2')]));
    assert.deepEqual(find('10.0.0.1'), { pod: 'shop/cart-1', isCurrent: true });
    assert.deepEqual(find('10.0.0.1', 9999), { pod: 'shop/cart-1', isCurrent: true }, 'another port of the same pod');
    assert.equal(find('10.0.0.2'), null, 'no pod is named');
    assert.equal(find('10.0.0.3'), null);
  });

  it('is nobody while no address is known', () => {
    const { cluster, owners } = setUp();
    assert.equal(owners.isEmpty, true);
    cluster.set('pods', pod('shop/cart-1', '10.0.0.1'));
    assert.equal(owners.isEmpty, false);
    cluster.delete('pods', 'shop/cart-1');
    assert.equal(owners.isEmpty, true);
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
    assert.equal(owners.isEmpty, false);
    cluster.delete('endpointslices', 'shop/a');
    assert.equal(owners.isEmpty, false, 'it had one');
  });

  it('is the last one when no slice has it, for an hour', () => {
    const { cluster, find, wait } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
    cluster.set('endpointslices', slice('a', []));
    wait(HOUR_MS);
    assert.deepEqual(find('10.0.0.1'), { pod: 'shop/cart-1', isCurrent: false });
    wait(1);
    assert.equal(find('10.0.0.1'), null);
  });

  it('is another one when that has the address now', () => {
    const { cluster, find } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
    cluster.delete('endpointslices', 'shop/a');
    cluster.set('pods', pod('pay/api-1', '10.0.0.1', { phase: 'Succeeded' }));
    assert.deepEqual(find('10.0.0.1'), { pod: 'shop/cart-1', isCurrent: false }, 'a finished pod keeps its address');
    cluster.set('pods', pod('pay/api-2', '10.0.0.1'));
    assert.deepEqual(find('10.0.0.1'), { pod: 'pay/api-2', isCurrent: true });
    const pay = slice('p', [endpoint('10.0.0.1', { podName: 'api-3' })], { key: 'pay/p', service: 'pay/api' });
    cluster.set('endpointslices', pay);
    assert.deepEqual(find('10.0.0.1'), { pod: 'pay/api-3', isCurrent: true });
  });

  it('of pods on the host network is the one with this port', () => {
    const { cluster, find } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
    const other = { key: 'pay/p', service: 'pay/api', ports: [{ name: '', number: 9090 }] };
    cluster.set('endpointslices', slice('p', [endpoint('10.0.0.1', { podName: 'api-1' })], other));
    for (const key of ['shop/cart-1', 'pay/api-1']) cluster.set('pods', pod(key, '10.0.0.1', { hostNetwork: true }));
    assert.equal(find('10.0.0.1', 9090)?.pod, 'pay/api-1');
    assert.equal(find('10.0.0.1', 8080)?.pod, 'shop/cart-1');
    assert.equal(find('10.0.0.1', 7070), null);
  });

  it('forgets the oldest when there are too many, and counts them', () => {
    const { cluster, find, owners } = setUp(2);
    for (const n of [1, 2, 3]) {
      cluster.set('endpointslices', slice('a', [endpoint(`10.0.0.${n}`, { podName: `cart-${n}` })]));
    }
    cluster.delete('endpointslices', 'shop/a');
    assert.equal(owners.dropped, 1);
    assert.deepEqual(
      [1, 2, 3].map((n) => find(`10.0.0.${n}`)?.pod),
      [undefined, 'shop/cart-2', 'shop/cart-3'],
    );
  });
});
