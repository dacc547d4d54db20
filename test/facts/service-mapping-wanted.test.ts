import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UpstreamInUse } from '../../src/contract/upstream.ts';
import { compileOverrides } from '../../src/facts/service-mapping-override.ts';
import { WantedCache, wantedOf } from '../../src/facts/service-mapping-wanted.ts';
import { upstream, view } from './mapping-rig.ts';

const A = '10.0.0.1:8080';
const wanted = (...upstreams: UpstreamInUse[]) => wantedOf([view(upstreams)]);

describe('wantedOf', () => {
  it('names what the upstreams of all proxies may stand for, each once', () => {
    const views = [
      view([upstream('shop_cart_80', [A]), upstream('shop_cart_81', [A])]),
      view([upstream('shop-cart-api-80', [A])], { source: 'ingress_nginx' }),
      view([upstream('x', [A], 'web/front/http')], { proxy: 'envoy', source: 'envoy' }),
    ];
    assert.deepEqual(wantedOf(views), {
      namespaces: ['shop', 'shop-cart', 'web'],
      names: ['api', 'cart', 'cart-api', 'front'],
      hasUnnamed: false,
    });
  });

  it('says that all must be looked at when a name says nothing, or no more than a namespace', () => {
    assert.deepEqual(wanted(upstream('backend', [A])), { namespaces: [], names: [], hasUnnamed: true });
    assert.deepEqual(wanted(upstream('vs_shop_cafe_tea', [A])), { namespaces: ['shop'], names: [], hasUnnamed: true });
    assert.deepEqual(wanted(), { namespaces: [], names: [], hasUnnamed: false });
  });

  it('needs nothing for upstreams without addresses, and for those of no Service', () => {
    const nothing = { namespaces: [], names: [], hasUnnamed: false };
    assert.deepEqual(wanted(upstream('backend', ['unix:/run/x', 'api.example.com:443'])), nothing);
    assert.deepEqual(wanted(upstream('invalid-backend-ref', [A])), nothing);
  });

  it('takes the names of servers, and overrides', () => {
    const cart = { namespaces: ['shop'], names: ['cart'], hasUnnamed: false };
    assert.deepEqual(wanted(upstream('backend', ['cart.shop.svc:80', 'cart.shop.svc:81'])), cart);
    const { overrides } = compileOverrides([{ upstream: 'backend', service: 'shop/cart' }]);
    assert.deepEqual(wantedOf([view([upstream('backend', [A])])], overrides), cart);
    const none = compileOverrides([{ upstream: 'shop_cart_80', service: 'none' }]);
    assert.deepEqual(wantedOf([view([upstream('shop_cart_80', [A])])], none.overrides), {
      ...{ namespaces: [], names: [], hasUnnamed: false },
    });
  });
});

describe('WantedCache', () => {
  it('works it out again when a proxy has other upstreams, not when it was only read again', () => {
    const cache = new WantedCache([]);
    const cart = upstream('shop_cart_80', [A]);
    const first = cache.of([view([cart])]);
    assert.deepEqual(first.names, ['cart']);
    assert.equal(cache.of([{ ...view([cart]) }]), first);
    assert.deepEqual(cache.of([view([cart, upstream('shop_web_80', [A])])]).names, ['cart', 'web']);
    assert.deepEqual(cache.of([]).names, []);
  });
});
