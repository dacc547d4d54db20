import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RETENTION_MS } from '../../src/facts/endpoint-history.ts';
import { ServiceMapping } from '../../src/facts/service-mapping.ts';
import { MappingRig, service, upstream, view } from './mapping-rig.ts';

const INGRESS = { source: 'ingress_nginx' } as const;
const ENVOY = { proxy: 'envoy', source: 'envoy' } as const;
const [A, B, C, D] = ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080', '10.0.0.4:8080'];
const ips = (...servers: string[]) => servers.map((text) => text.split(':')[0]);
const headless = { clusterIps: [] };

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

describe('ServiceMapping, by addresses', () => {
  it('takes the Service whose cluster IPs all servers are', () => {
    const rig = new MappingRig([service('shop/cart', { clusterIps: ['10.96.0.1', 'fd00::1'] })]);
    assert.equal(rig.map(upstream('backend', ['10.96.0.1:80', '[fd00::1]:80'])), 'cluster_ip shop/cart http:80');
    const other = (servers: string[]) => rig.map(upstream('backend', servers), {}, servers.join());
    assert.match(other(['10.96.0.1:80', A]), /^none/);
    assert.match(other(['10.96.0.1:81']), /^none/);
  });

  it('and of one that uses the port of nodes, external addresses or a load balancer', () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 },
      { name: 'admin', port: 81, targetPort: 30_081, nodePort: 30_081 },
    ];
    const rig = new MappingRig([service('shop/cart', { ports, externalIps: ['192.0.2.1'] })]);
    const isStatic = (...servers: string[]) =>
      rig.mapping.map(view([]), upstream('shop_cart_80', servers), servers.join()).isStatic;
    assert.equal(isStatic('192.168.0.5:30080', '192.168.0.6:30080', '192.0.2.1:80'), true);
    assert.deepEqual([isStatic('192.168.0.5:30080', A), isStatic('192.168.0.5:30082')], [false, false]);
    assert.equal(isStatic('192.168.0.5:30081'), false, 'a pod on the host network');
  });

  it('says of every upstream that only uses cluster IPs that it is never stale', () => {
    const rig = new MappingRig([service('shop/cart')]);
    const mapped = (...servers: string[]) => rig.mapping.map(view([]), upstream('shop_cart_80', servers), 'k');
    assert.deepEqual([mapped('10.96.0.1:80').usesClusterIp, mapped('10.96.0.1:80').isStatic], [true, true]);
    assert.deepEqual([mapped(A).usesClusterIp, mapped(A).isStatic], [false, false]);
    assert.deepEqual(
      [mapped('unix:/run/503.sock').usesClusterIp, mapped('unix:/run/503.sock').isStatic],
      [false, false],
    );
  });

  it('says of a Service of type ExternalName that it is never stale', () => {
    const rig = new MappingRig([
      service('shop/ext', { externalName: 'api.example.com', ports: [], ...headless }),
      service('shop/cart'),
    ]);
    const { isExternalName, isStatic } = rig.mapping.map(view([]), upstream('shop_ext_443', ['192.0.2.1:443']), 'k');
    assert.deepEqual([isExternalName, isStatic], [true, true]);
    assert.equal(rig.map(upstream('shop_ext_443', ['api.example.com:443'])), 'name shop/ext :443');
    assert.equal(rig.mapping.map(view([]), upstream('shop_cart_80', [A]), 'other').isExternalName, false);
  });

  it("does not take the few that have just become another Service's for all of that one", () => {
    const rig = new MappingRig([service('shop/cart')]);
    const others = Array.from({ length: 6 }, (_, at) => `10.9.0.${at + 1}`);
    rig.endpoints('shop/cart', [...ips(A, B), ...others.slice(0, 5)]);
    // Two of seven, and of six; a `proxy_pass` to one address is no list of all.
    assert.match(rig.map(upstream('backend', [A, B])), /^none: .*a third/);
    assert.equal(rig.map(upstream(`implicit:${A}`, [A]), {}, 'other'), 'reverse shop/cart http:80');
    rig.endpoints('shop/cart', [...ips(A, B), ...others.slice(0, 4)]);
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart http:80');
    // Once it is found it stays.
    rig.endpoints('shop/cart', [...ips(A), ...others]);
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart http:80');
  });

  it('looks up who has half of the addresses, alone', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.endpoints('shop/cart', ips(A, B));
    const look = (...servers: string[]) => rig.map(upstream('backend', servers), {}, servers.join());
    assert.equal(look(A, B), 'reverse shop/cart http:80');
    assert.equal(look(A, B, C, D), 'reverse shop/cart http:80');
    assert.match(look(A, C, D), /^none/);
    assert.match(look(), /^none/);
    assert.match(look('10.0.0.1:9090'), /^none/);
    rig.endpoints('shop/pay', ips(C, D));
    assert.match(rig.map(upstream('backend', [A, B, C, D]), {}, 'new'), /^none/);
    assert.equal(look(A, C, D), 'reverse shop/pay http:');
  });

  it('looks an hour back', () => {
    const rig = new MappingRig();
    rig.endpoints('shop/cart', ips(A, B));
    rig.endpoints('shop/cart', ips(B));
    rig.nowMs += RETENTION_MS;
    const servers = [A, B, '10.9.0.1:8080', '10.9.0.2:8080'];
    assert.equal(rig.map(upstream('backend', servers)), 'reverse shop/cart http:');
    rig.nowMs += 1;
    assert.match(rig.map(upstream('backend', servers), {}, 'other'), /^none/);
  });

  it('does not take a Service for it that has none of its addresses any more', () => {
    const rig = new MappingRig();
    rig.endpoints('shop/cart', ips(A, B));
    rig.endpoints('shop/cart', []);
    assert.match(rig.map(upstream('backend', [A, B])), /^none/);
  });

  it('follows a port that gets another name', () => {
    const rig = new MappingRig([service('shop/cart')]);
    rig.endpoints('shop/cart', ips(A, B));
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart http:80');
    rig.services.set('shop/cart', service('shop/cart', { ports: [{ name: 'web', port: 80, targetPort: 8080 }] }));
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart web:80');
    rig.endpoints('shop/cart', ips(A, B), 'web');
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart web:80');
    assert.equal(rig.map(upstream('backend', [A, B]), {}, 'other'), 'reverse shop/cart web:80');
  });

  it('forgets a port by name that the Service does not have, when its number was not known', () => {
    const rig = new MappingRig();
    rig.endpoints('shop/cart', ips(A, B));
    assert.equal(rig.map(upstream('backend', [A, B])), 'reverse shop/cart http:');
    rig.services.set('shop/cart', service('shop/cart', { ports: [{ name: 'web', port: 80, targetPort: 8080 }] }));
    assert.match(rig.map(upstream('backend', [A, B])), /^none/);
  });

  it('does not choose between two Services with the same pods, unless the name does', () => {
    const rig = new MappingRig([service('shop/cart'), service('shop/cart-all', { clusterIps: ['10.96.0.2'] })]);
    rig.endpoints('shop/cart', ips(A, B));
    rig.endpoints('shop/cart-all', ips(A, B));
    assert.match(rig.map(upstream('backend', [A, B])), /^none: its name says nothing/);
    assert.equal(rig.map(upstream('shop_cart_80', [A, B]), {}, 'other'), 'name shop/cart http:80');
    rig.isServicesKnown = false;
    assert.equal(rig.map(upstream('shop_cart-all_80', [A, B]), {}, 'third'), 'reverse shop/cart-all http:80');
  });
});

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
