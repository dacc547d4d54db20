import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PodsByAddress } from '../../src/facts/said-endpoints.ts';

it('has one list for the pod behind an address until it is another pod', () => {
  const all = new PodsByAddress();
  const pods = all.of('10.0.0.1', 'uid-1', 'shop/cart-1');
  assert.deepEqual(pods, [{ uid: 'uid-1', pod: 'shop/cart-1' }]);
  assert.equal(all.of('10.0.0.1', 'uid-1', 'shop/cart-1'), pods);
  assert.deepEqual(all.of('10.0.0.1', 'uid-2', 'shop/cart-1'), [{ uid: 'uid-2', pod: 'shop/cart-1' }]);
  assert.deepEqual(all.of('10.0.0.1', 'uid-2', 'shop/cart-2'), [{ uid: 'uid-2', pod: 'shop/cart-2' }]);
  assert.deepEqual(pods, [{ uid: 'uid-1', pod: 'shop/cart-1' }]);
});
