import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ServiceWorkloads } from '../../src/collectors/kubernetes-workloads.ts';
import { endpoint, slice } from '../facts/slices.ts';

const named = (...names: string[]) => names.map((podName, at) => endpoint(`10.0.0.${at + 1}`, { podName }));

it('knows the Services of a workload by the pods behind them', () => {
  const workloads = new ServiceWorkloads();
  workloads.set(slice('a', named('cart-7d9f8c-x2x7k', 'cart-7d9f8c-b5w2z')));
  workloads.set(slice('b', named('cart-7d9f8c-x2x7k', 'db-0'), { service: 'shop/all' }));
  assert.deepEqual(workloads.servicesOf('shop/cart'), ['shop/cart', 'shop/all']);
  assert.deepEqual(workloads.servicesOf('shop/db'), ['shop/all']);
  assert.deepEqual(workloads.servicesOf('blog/cart'), []);
  workloads.delete('shop/b');
  assert.deepEqual(workloads.servicesOf('shop/db'), []);
});

it('still knows them when the last pod is gone, or none has come yet', () => {
  const workloads = new ServiceWorkloads();
  workloads.set(slice('a', named('basket-7d9f8c-x2x7k')));
  workloads.set(slice('a', []));
  assert.deepEqual(workloads.servicesOf('shop/basket'), ['shop/cart']);
  workloads.clear();
  assert.deepEqual(workloads.servicesOf('shop/basket'), []);
  workloads.set(slice('a', []));
  assert.deepEqual(workloads.servicesOf('shop/cart'), ['shop/cart']);
});

it('counts the endpoints of a workload that are ready', () => {
  const workloads = new ServiceWorkloads();
  const [first, second] = named('cart-7d9f8c-x2x7k', 'cart-7d9f8c-b5w2z');
  workloads.set(slice('a', [first, { ...second, ready: false }]));
  assert.equal(workloads.readyEndpointsOf('shop/cart'), 1);
  workloads.set(slice('a', [first, second]));
  assert.equal(workloads.readyEndpointsOf('shop/cart'), 2);
  assert.equal(workloads.readyEndpointsOf('shop/db'), 0);
  workloads.delete('shop/a');
  assert.equal(workloads.readyEndpointsOf('shop/cart'), 0);
});
