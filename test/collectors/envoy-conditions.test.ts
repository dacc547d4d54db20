import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EnvoyState, sayEnvoyConditions } from '../../src/collectors/envoy-conditions.ts';

const SUBJECT = { namespace: '', pod: '', container: '', gateway: 'envoy' };

function said(state: EnvoyState | null) {
  const said: Record<string, string | boolean | null> = {};
  sayEnvoyConditions(
    { condition: ({ condition, isActive, evidence }) => (said[condition] = evidence || isActive) },
    SUBJECT,
    state,
  );
  return [said.control_plane_disconnected, said.certificate_expired];
}

test('says what is bad, what is good, and nothing of what it does not have', () => {
  const nowMs = 1_700_000_000_000;
  assert.deepEqual(said(null), [null, null]);
  assert.deepEqual(said({ connected: undefined, certificates: [], nowMs }), [null, null]);
  const good = {
    name: 'a',
    names: ['a', 'spiffe://mesh/ns/shop/sa/cart'],
    expirySeconds: nowMs / 1000 + 1,
    notBeforeSeconds: null,
  };
  assert.deepEqual(said({ connected: 1, certificates: [good], nowMs }), [
    false,
    'a (spiffe://mesh/ns/shop/sa/cart) until 2023-11-14',
  ]);
  const old = { name: 'ca:b', names: ['b'], expirySeconds: nowMs / 1000, notBeforeSeconds: null };
  assert.deepEqual(said({ connected: 0, certificates: [good, old], nowMs }), [
    'control_plane.connected_state is 0',
    'ca:b expired 2023-11-14',
  ]);
});
