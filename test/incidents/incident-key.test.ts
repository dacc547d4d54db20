import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { affectedName, failureKey } from '../../src/incidents/incident-key.ts';
import { CART, verdict } from './staged.ts';

const named = (upstream: string) => ({ ...UNKNOWN_UPSTREAM, upstream });

describe('failureKey', () => {
  for (const [what, key, one] of [
    ['the Service', 'service shop/cart', verdict('stale_endpoint', 1)],
    [
      'the Service, whatever its port',
      'service shop/cart',
      verdict('app_error', 1, { upstream: { ...CART, upstream_port: '81' } }),
    ],
    ['the upstream without one', 'upstream backend', verdict('app_error', 1, { upstream: named('backend') })],
    ['the cause where nothing is known', 'cause app_error', verdict('app_error', 1, { upstream: UNKNOWN_UPSTREAM })],
    ["the gateway's own", 'gateway conntrack', verdict('conntrack_insert_failed', 1)],
  ] as const)
    it(`is ${what}`, () => assert.equal(failureKey(one), key));

  it('is the block where only the line names it', () => {
    const one = verdict('no_live_upstreams', 1, { upstream: UNKNOWN_UPSTREAM });
    const observation = { ...one.observation, peer: { scheme: 'http', address: 'backend', port: null } };
    assert.equal(failureKey({ ...one, observation }), 'upstream backend');
  });
});

it('affectedName is what a person calls it', () => {
  assert.equal(affectedName(CART, null), 'shop/cart:80');
  assert.equal(affectedName({ ...CART, upstream_port: '' }, null), 'shop/cart');
  assert.equal(affectedName(named('backend'), { scheme: '', address: '10.0.0.1', port: 80 }), 'backend');
  assert.equal(affectedName(named(''), { scheme: '', address: '/run/php.sock', port: null }), '/run/php.sock');
  assert.equal(affectedName(named(''), { scheme: '', address: '10.0.0.1', port: 80 }), '');
  assert.equal(affectedName(named('implicit'), { scheme: '', address: '10.0.0.1', port: 80 }), '', 'no name at all');
  assert.equal(failureKey(verdict('app_error', 1, { upstream: named('implicit') })), 'upstream implicit');
});
