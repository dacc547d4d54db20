import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rbacDenied } from '../../../src/causes/rules/rbac-denied.ts';
import { known, pending, unknown } from '../../../src/facts/answer.ts';
import { failed, fakeFacts } from '../../support/fake-facts.ts';

const of = failed({ symptom: 'premature_close' });
const judge = (denied: NonNullable<Parameters<typeof fakeFacts>[0]>['denied'] & object) =>
  rbacDenied.judge(of, fakeFacts({ denied }));

test('is said when the Envoy in the pod of the peer denied as many', () => {
  const { evidence } = judge(known({ count: 3, pod: 'shop/cart-1', said: ['the RBAC filter tcp.rbac denied 3'] })) as {
    evidence: readonly string[];
  };
  assert.match(evidence[0], /^the Envoy in pod shop\/cart-1 denied 3 connections .* 10\.2\.71\.14:8080/);
  assert.deepEqual(evidence.slice(1), ['the RBAC filter tcp.rbac denied 3']);
});

test('is not said of fewer, nor where the Envoy is not read; waits for its next reading', () => {
  assert.equal(judge(known({ count: 2, pod: 'shop/cart-1', said: [] })), null);
  assert.equal(judge(unknown('nobody reads it')), null);
  assert.equal(judge(pending('soon')), 'wait');
});
