import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONDITIONS } from '../../src/contract/upstream.ts';
import { REASONS, servicesIn, standsTo } from '../../src/incidents/condition-reasons.ts';

describe('how a bad state stands to failures', () => {
  it('explains, fits, or has nothing to do with them', () => {
    const token = { condition: 'token_expired', evidence: '' } as const;
    assert.equal(standsTo(token, 'stale_endpoint', 'shop/cart'), 'explains');
    assert.equal(standsTo(token, 'connection_refused', 'shop/cart'), 'fits');
    assert.equal(standsTo(token, 'connect_timeout', 'shop/cart'), 'fits');
    assert.equal(standsTo(token, 'response_timeout', 'shop/cart'), null);
    assert.equal(standsTo(token, 'app_error', 'shop/cart'), null);
  });

  it('no_endpoints is about the Services that it names', () => {
    const none = { condition: 'no_endpoints', evidence: 'shop/cart:80, pay/api:8080' } as const;
    assert.equal(standsTo(none, 'no_endpoints', 'pay/api'), 'explains');
    assert.equal(standsTo(none, 'no_endpoints', 'pay/other'), null);
    assert.equal(standsTo(none, 'app_error', 'pay/api'), null);
    assert.deepEqual(servicesIn('shop/cart:80, shop/cart:81, pay/api:'), ['shop/cart', 'pay/api']);
  });

  it('no cause is explained and fits at once', () => {
    for (const condition of CONDITIONS) {
      const { explains, fits } = REASONS[condition];
      assert.deepEqual(
        explains.filter((cause) => fits.includes(cause)),
        [],
        condition,
      );
    }
  });
});
