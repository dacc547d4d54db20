import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FollowedServices } from '../../src/facts/followed-services.ts';

describe('FollowedServices', () => {
  it('is one object for a Service as long as it is known, and says when it no longer is', () => {
    const services = new FollowedServices();
    assert.equal(services.of('shop/cart'), undefined);
    services.touch('shop/cart', 1);
    assert.equal(services.of('shop/cart'), undefined);
    assert.equal(services.know('shop/cart', 1_000, 1), false);
    const kept = services.of('shop/cart');
    assert.deepEqual(kept, { knownMs: 1_000, version: 1 });
    services.touch('shop/cart', 2);
    services.know('shop/cart', 2_000, 3);
    assert.equal(services.of('shop/cart'), kept);
    assert.deepEqual(kept, { knownMs: 1_000, version: 2 });
    services.drop('shop/cart');
    assert.equal(kept?.knownMs, null);
    services.know('shop/cart', 3_000, 4);
    assert.deepEqual(services.of('shop/cart'), { knownMs: 3_000, version: 4 });
    const again = services.of('shop/cart');
    services.clear();
    assert.equal(again?.knownMs, null);
    assert.equal(services.of('shop/cart'), undefined);
  });

  it('forgets the one known for longest when there are too many, and says so', () => {
    const services = new FollowedServices();
    for (let n = 0; n < 20_000; n++) assert.equal(services.know(`shop/svc-${n}`, n, n), false);
    const oldest = services.of('shop/svc-0');
    assert.equal(services.know('shop/one-more', 20_000, 20_000), true);
    assert.equal(oldest?.knownMs, null);
    assert.equal(services.of('shop/svc-0'), undefined);
    assert.equal(services.of('shop/svc-1')?.knownMs, 1);
  });
});
