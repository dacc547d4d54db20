import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Denials } from '../../src/facts/denials.ts';
import { failed, NOON } from '../support/fake-facts.ts';

const POD = { namespace: 'shop', pod: 'cart-1', container: '', gateway: 'cart' };
const of = failed({ symptom: 'premature_close' });
const denial = (count: number, sinceMs: number, atMs: number, said = 'before') =>
  failed({ symptom: 'rbac_denied', failure: false, subject: POD, count, sinceMs, atMs, said });

test('counts what the pod denied while the failures happened', () => {
  const denials = new Denials();
  assert.deepEqual(denials.during(of, ['shop/cart-1'], NOON + 60_000), {
    ...{ isKnown: false, mayCome: false, why: 'the Envoy of the pod is not read' },
  });
  denials.present(POD);
  assert.equal(denials.during(of, ['shop/cart-1'], NOON).isKnown, false, 'it is read again soon');
  denials.heard(denial(5, NOON - 60_000, NOON - 50_000));
  assert.deepEqual(denials.during(of, ['shop/cart-1'], NOON + 10_000), {
    ...{ isKnown: true, value: { count: 0, pod: 'shop/cart-1', said: [] } },
  });
  denials.heard(denial(2, NOON - 7_000, NOON - 2_000, 'by one'));
  denials.heard(denial(1, NOON - 2_000, NOON + 3_000, 'by both'));
  assert.deepEqual(denials.during(of, ['shop/other', 'shop/cart-1'], NOON + 4_000), {
    ...{ isKnown: true, value: { count: 3, pod: 'shop/cart-1', said: ['by one', 'by both'] } },
  });
});

test('remembers 500 pods', () => {
  const denials = new Denials();
  for (let at = 0; at < 502; at++) denials.present({ ...POD, pod: `cart-${at}` });
  assert.equal(denials.dropped, 2);
  assert.equal(denials.during(of, ['shop/cart-0'], NOON).isKnown, false);
});
