import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServicePodMemory } from '../../src/facts/service-pods.ts';

const AT = 1_000_000;

test('the last list of a Service counts, for a minute and a half', () => {
  const memory = new ServicePodMemory();
  const list = { service: 'shop/cart', selector: 'app=cart', pods: [], isWhole: true };
  memory.listed({ ...list, atMs: AT - 60_000 });
  memory.listed({ ...list, isWhole: false, atMs: AT });
  assert.equal(memory.of('shop/cart', AT + 90_000)?.isWhole, false);
  assert.equal(memory.of('shop/cart', AT + 90_001), undefined);
  assert.equal(memory.of('shop/pay', AT), undefined);
  assert.equal(memory.pod('shop/cart', 'shop/cart-1', AT), undefined);
  memory.forget('shop/cart');
  assert.equal(memory.of('shop/cart', AT), undefined);
});
