import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RETENTION_MS } from '../../src/facts/endpoint-history.ts';
import { A, B, C, D, headless, ips, MappingRig, service, upstream, view } from './mapping-rig.ts';

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
