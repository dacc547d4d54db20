import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RETENTION_MS } from '../../src/facts/endpoint-history.ts';
import { ServiceMapping } from '../../src/facts/service-mapping.ts';
import { A, B, C, D, ips, MappingRig, service, upstream, view } from './mapping-rig.ts';

describe('ServiceMapping, what is remembered', () => {
  it('survives that all addresses are stale, and that others have them', () => {
    const rig = new MappingRig([service('shop/cart'), service('shop/pay', { clusterIps: ['10.96.0.2'] })]);
    rig.endpoints('shop/cart', ips(A, B));
    const backend = upstream('backend', [A, B]);
    assert.equal(rig.map(backend), 'reverse shop/cart http:80');
    rig.endpoints('shop/cart', ips(C));
    rig.nowMs += 2 * RETENTION_MS;
    assert.equal(rig.map(backend), 'reverse shop/cart http:80');
    rig.endpoints('shop/pay', ips(A, B));
    assert.equal(rig.map(backend), 'reverse shop/cart http:80');
    assert.equal(rig.map(backend, {}, 'never seen before'), 'reverse shop/pay http:80');
  });

  it('gives way when the proxy has got servers that were never that Service’s', () => {
    const rig = new MappingRig([service('shop/cart'), service('shop/pay', { clusterIps: ['10.96.0.2'] })]);
    rig.endpoints('shop/cart', ips(A, B));
    rig.endpoints('shop/pay', ips(C, D));
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart http:80');
    assert.equal(rig.map(upstream('backend', [A, C, D])), 'reverse shop/cart http:80');
    assert.equal(rig.map(upstream('backend', [D, C])), 'reverse shop/pay http:80');
    assert.equal(rig.map(upstream('backend', ['10.96.0.1:80'])), 'cluster_ip shop/cart http:80');
  });

  it('gives way to a name', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.isServicesKnown = false;
    rig.endpoints('shop/cart', ips(A));
    rig.endpoints('shop/cart-old', ips(A, B));
    assert.equal(rig.map(upstream('cart.shop.svc', [A, B])), 'reverse shop/cart-old http:');
    rig.isServicesKnown = true;
    assert.equal(rig.map(upstream('cart.shop.svc', [A, B])), 'candidate shop/cart http:80');
  });

  it('is kept for an hour when the Service is gone, unless it comes back', () => {
    const rig = new MappingRig([service('shop/cart')]);
    const cart = upstream('shop_cart_80', [A]);
    const mapped = 'name shop/cart http:80';
    assert.equal(rig.map(cart), mapped);
    rig.services.delete('shop/cart');
    assert.equal(rig.map(cart), mapped);
    rig.nowMs += RETENTION_MS;
    assert.equal(rig.map(cart), mapped);
    rig.services.set('shop/cart', service('shop/cart'));
    assert.equal(rig.map(cart), mapped);
    rig.services.delete('shop/cart');
    rig.nowMs += RETENTION_MS;
    assert.equal(rig.map(cart), mapped);
    rig.nowMs += RETENTION_MS + 1;
    assert.match(rig.map(cart), /^none/);
  });

  it('is not taken for gone while Services are not known', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.map(upstream('shop_cart_80', [A]));
    rig.services.clear();
    rig.isServicesKnown = false;
    for (let hour = 0; hour < 3; hour++) {
      rig.nowMs += RETENTION_MS;
      assert.equal(rig.map(upstream('shop_cart_80', [A])), 'name shop/cart http:80');
    }
  });

  it('follows a Service that is made again with another port for an hour', () => {
    const rig = new MappingRig([service('shop/cart')]);
    const cart = upstream('shop_cart_80', [A]);
    rig.map(cart);
    const renamed = [{ name: 'web', port: 80, targetPort: 8080 }];
    rig.services.set('shop/cart', service('shop/cart', { ports: renamed }));
    assert.equal(rig.map(cart), 'name shop/cart web:80');
    rig.services.set('shop/cart', service('shop/cart', { ports: [{ name: 'web', port: 81, targetPort: 8080 }] }));
    assert.equal(rig.map(cart), 'name shop/cart web:80');
    rig.nowMs += RETENTION_MS + 1;
    assert.match(rig.map(cart), /^none: .* does not exist/);
  });

  it('survives a restart', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.endpoints('shop/cart', ips(A));
    rig.map(upstream('backend', [A]));
    rig.map(upstream('shop_cart_80', [A]), {}, 'other');
    rig.endpoints('shop/cart', []);
    rig.nowMs += 2 * RETENTION_MS;
    rig.restart();
    rig.isServicesKnown = false;
    assert.equal(rig.map(upstream('backend', [A])), 'reverse shop/cart http:80');
    assert.equal(rig.map(upstream('shop_cart_80', [A]), {}, 'other'), 'name shop/cart http:80');
  });

  it('is dropped an hour after the upstream is gone, not before', () => {
    const rig = new MappingRig();
    rig.endpoints('shop/cart', ips(A));
    rig.map(upstream('backend', [A]));
    rig.map(upstream('backend', [A]), {}, 'other');
    rig.endpoints('shop/cart', []);
    rig.mapping.forget('k');
    rig.mapping.forget('other');
    rig.mapping.forget('never seen');
    rig.nowMs += RETENTION_MS;
    assert.equal(rig.map(upstream('backend', [A])), 'reverse shop/cart http:');
    rig.nowMs += 1;
    rig.mapping.save();
    assert.equal(rig.map(upstream('backend', [A])), 'reverse shop/cart http:');
    assert.match(rig.map(upstream('backend', [A]), {}, 'other'), /^none/);
  });

  it('is bounded, and what is dropped is counted', () => {
    const rig = new MappingRig();
    const { history } = rig;
    const services = {
      service: () => undefined,
      serviceOfClusterIp: () => undefined,
      areSlicesCurrent: () => true,
      isServicesKnown: () => false,
      index: rig.index,
    };
    const mapping = new ServiceMapping({ clock: { now: () => 0 }, services, history, mostRemembered: 2 });
    rig.endpoints('shop/cart', ips(A));
    for (const key of ['a', 'b', 'c']) mapping.map(view([]), upstream('backend', [A]), key);
    assert.deepEqual([mapping.dropped, (mapping.save() as unknown[]).length], [1, 2]);
  });

  it('can be restored from anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (any, other) => {
        const rig = new MappingRig([service('shop/cart')]);
        rig.mapping.restore(any);
        const broken = { key: 'k', service: other, portNumber: other, method: 'name', servers: other };
        rig.mapping.restore([any, other, broken, { ...broken, service: { service: other, portName: any } }]);
        assert.equal(rig.map(upstream('shop_cart_80', [A])), 'name shop/cart http:80');
      }),
    );
  });
});
