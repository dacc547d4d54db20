import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { A, B, headless, ips, MappingRig, service, upstream, view } from './mapping-rig.ts';

const INGRESS = { source: 'ingress_nginx' } as const;
const ENVOY = { proxy: 'envoy', source: 'envoy' } as const;

describe('ServiceMapping, by name', () => {
  it('turns the number of the port into its name', () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'admin', port: 9090, targetPort: 'admin' },
    ];
    const rig = new MappingRig([service('shop/cart', { ports }), service('shop/pay', { ports: [ports[0]] })]);
    assert.equal(rig.map(upstream('shop_cart_9090', [A])), 'name shop/cart admin:9090');
    assert.equal(rig.map(upstream('x', [A], 'shop/cart/admin'), ENVOY), 'name shop/cart admin:9090');
    assert.equal(rig.map(upstream('outbound|80||pay.shop.svc.cluster.local'), ENVOY), 'name shop/pay http:80');
    assert.equal(rig.map(upstream('shop_pay_80', ['unix:/run/503.sock'])), 'name shop/pay http:80');
  });

  it('finds the port without a name, and takes it for no other', () => {
    const ports = [{ name: '', port: 80, targetPort: '' }];
    const rig = new MappingRig([service('shop/cart', { ports }), service('shop/pay')]);
    assert.equal(rig.map(upstream('x', [A], 'shop/cart'), ENVOY), 'name shop/cart :80');
    assert.match(rig.map(upstream('x', [A], 'shop/pay'), ENVOY), /^none: its name .* does not exist/);
  });

  it('knows nothing before Services are known, nor of what does not exist', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.isServicesKnown = false;
    assert.equal(rig.map(upstream('shop_cart_80', [A])), 'none: Services are not known yet');
    assert.equal(rig.map(upstream('shop-cart-80', [A]), INGRESS), 'none: Services are not known yet');
    rig.isServicesKnown = true;
    assert.equal(rig.map(upstream('shop_cart_80', [A])), 'name shop/cart http:80');
    assert.match(rig.map(upstream('shop_cart_81', [A]), {}, 'other'), /^none: .* does not exist/);
    assert.match(rig.map(upstream('shop_pay_80', [A]), {}, 'another'), /^none: .* does not exist/);
  });

  it('is not misled by addresses when the name says another Service', () => {
    const rig = new MappingRig([service('shop/pay')]);
    rig.endpoints('shop/pay', ips(A, B));
    assert.match(rig.map(upstream('shop_cart_80', [A, B])), /^none/);
    assert.match(rig.map(upstream('shop-cart-80', [A, B]), INGRESS, 'other'), /^none/);
    assert.match(rig.map(upstream('shop_cart_80', ['10.96.0.1:80']), {}, 'another'), /^none/);
  });

  it('says nothing of names that stand for no Service, whoever has the addresses', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.endpoints('shop/cart', ips(A));
    assert.equal(rig.map(upstream('xds-grpc', [A]), ENVOY), 'none: its name stands for no Service');
  });
});

describe('ServiceMapping, by candidates', () => {
  it('takes the one that exists, and none of two', () => {
    const rig = new MappingRig([service('shop/cart-api')]);
    assert.equal(rig.map(upstream('shop-cart-api-80', [A]), INGRESS), 'candidate shop/cart-api http:80');
    rig.services.set('shop-cart/api', service('shop-cart/api', { clusterIps: ['10.96.0.2'] }));
    const fits = 'none: its name fits more than one Service';
    assert.equal(rig.map(upstream('shop-cart-api-80', [A]), INGRESS, 'other'), fits);
    assert.equal(rig.map(upstream('shop-cart-api-80', [A]), INGRESS), 'candidate shop/cart-api http:80');
    rig.endpoints('shop-cart/api', ips(A));
    assert.equal(rig.map(upstream('shop-cart-api-80', [A]), INGRESS, 'other'), 'reverse shop-cart/api http:80');
  });

  it('is not misled by a namespace that only looks like the beginning', () => {
    const rig = new MappingRig([service('shop/cart'), service('shop-cart/web', { clusterIps: ['10.96.0.2'] })]);
    assert.equal(rig.map(upstream('shop-cart-80', [A]), INGRESS), 'candidate shop/cart http:80');
  });

  it('takes the port that ingress-nginx takes: number, target or name, whichever comes first', () => {
    const ports = [
      { name: 'web', port: 80, targetPort: 8080 },
      { name: 'admin', port: 8080, targetPort: 'admin-port' },
    ];
    const rig = new MappingRig([service('shop/cart', { ports })]);
    assert.equal(rig.map(upstream('shop-cart-8080'), INGRESS), 'candidate shop/cart web:80');
    assert.equal(rig.map(upstream('shop-cart-admin-port'), INGRESS), 'candidate shop/cart admin:8080');
    assert.equal(rig.map(upstream('shop-cart-web'), INGRESS), 'candidate shop/cart web:80');
  });

  it('reads the names of the servers where the upstream has none that says anything', () => {
    const rig = new MappingRig([service('shop/cart')]);
    assert.equal(rig.map(upstream('backend', ['cart.shop.svc.cluster.local:80'])), 'candidate shop/cart http:80');
    assert.match(rig.map(upstream('backend', ['cart.shop.svc:80', 'a.example.com:80']), {}, 'other'), /^none/);
    const { isStatic } = rig.mapping.map(view([]), upstream('backend', ['cart.shop:80']), 'k');
    assert.equal(isStatic, true);
  });

  it('knows that a name of a headless Service leads to the port of the pods', () => {
    const ports = [
      { name: 'a', port: 8080, targetPort: 9090 },
      { name: 'b', port: 80, targetPort: 8080 },
    ];
    const rig = new MappingRig([service('shop/cart', { ports, ...headless }), service('shop/pay', { ports })]);
    assert.equal(rig.map(upstream('implicit:cart.shop.svc:8080')), 'candidate shop/cart b:80');
    assert.equal(rig.map(upstream('implicit:pay.shop.svc:8080')), 'candidate shop/pay a:8080');
  });

  it('takes the only port, or the one that the servers have, when the name says none', () => {
    const ports = [
      { name: 'a', port: 80, targetPort: 8080 },
      { name: 'b', port: 81, targetPort: 8081 },
    ];
    const rig = new MappingRig([service('shop/cart', { ports }), service('shop/pay')]);
    assert.equal(rig.map(upstream('pay.shop.svc.cluster.local', [A]), ENVOY), 'candidate shop/pay http:80');
    assert.equal(rig.map(upstream('cart.shop.svc.cluster.local', ['10.96.0.9:81']), ENVOY), 'candidate shop/cart b:81');
    assert.match(rig.map(upstream('cart.shop.svc.cluster.local', [A]), ENVOY, 'other'), /^none/);
  });

  it('takes one of two ports with the same number only when they lead to the same', () => {
    const dns = (targetPort: number) => [
      { name: 'dns', port: 53, targetPort: 5353 },
      { name: 'dns-tcp', port: 53, targetPort },
    ];
    const rig = new MappingRig([
      service('shop/a', { ports: dns(5353) }),
      service('shop/b', { ports: dns(5354), clusterIps: ['10.96.0.2'] }),
    ]);
    assert.equal(rig.map(upstream('shop_a_53')), 'name shop/a dns:53');
    assert.match(rig.map(upstream('shop_b_53'), {}, 'other'), /^none/);
  });
});

describe('ServiceMapping, while contact is lost', () => {
  it('learns nothing from addresses, and keeps what it knows', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.endpoints('shop/cart', ips(A));
    rig.areSlicesCurrent = false;
    assert.match(rig.map(upstream('backend', [A])), /^none/);
    rig.areSlicesCurrent = true;
    assert.equal(rig.map(upstream('backend', [A])), 'reverse shop/cart http:80');
    rig.areSlicesCurrent = false;
    assert.equal(rig.map(upstream('backend', [A])), 'reverse shop/cart http:80');
  });
});

describe('ServiceMapping, by override', () => {
  it('takes a name for no Service of this cluster, whatever it reads like and was taken for before', () => {
    const name = 'outbound|80||cart.shop.svc.cluster.local';
    const before = new MappingRig([service('shop/cart')]);
    before.endpoints('shop/cart', ips(A));
    assert.equal(before.map(upstream(name, [A, B]), ENVOY), 'name shop/cart http:80');
    const rig = new MappingRig([service('shop/cart')], [{ upstream: 'outbound.*cart[.]shop[.].*', service: 'none' }]);
    rig.endpoints('shop/cart', ips(A));
    rig.mapping.restore(JSON.parse(JSON.stringify(before.mapping.save())));
    assert.equal(rig.map(upstream(name, [A, B]), ENVOY), 'none: an override says that it stands for no Service');
  });

  const OVERRIDES = [
    { upstream: 'back.*', service: 'shop/cart', port: 'http' },
    { upstream: 'shop_pay_80', service: 'shop/cart' },
    { upstream: 'xds-grpc', service: 'shop/gone' },
  ];

  it('beats everything else', () => {
    const rig = new MappingRig([service('shop/cart'), service('shop/pay')], OVERRIDES);
    rig.endpoints('shop/pay', ips(A));
    assert.equal(rig.map(upstream('backend', [A])), 'override shop/cart http:80');
    assert.equal(rig.map(upstream('shop_pay_80', [A]), {}, 'other'), 'override shop/cart http:80');
    assert.match(rig.map(upstream('my-backend', ['10.0.0.9:1']), {}, 'another'), /^none: its name says nothing/);
  });

  it('is never replaced by a guess when its Service does not exist, or is not known yet', () => {
    const rig = new MappingRig([], OVERRIDES);
    rig.endpoints('shop/pay', ips(A));
    assert.match(rig.map(upstream('backend', [A])), /^none: an override .* does not exist/);
    rig.isServicesKnown = false;
    assert.match(rig.map(upstream('backend', [A])), /^none: an override .* not known yet/);
    rig.mapping.restore([
      { key: 'k', service: { service: 'shop/pay', portName: 'http' }, portNumber: 80, method: 'reverse', servers: 0 },
    ]);
    assert.match(rig.map(upstream('backend', [A])), /^none: an override/);
  });
});
