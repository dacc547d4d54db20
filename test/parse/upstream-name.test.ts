import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UPSTREAM_SOURCES } from '../../src/contract/upstream.ts';
import { type NamedUpstream, readUpstreamName } from '../../src/parse/upstream-name.ts';
import { MOST_CANDIDATES, type ServiceRef } from '../../src/parse/upstream-name-ref.ts';

const read = (name: string, more: Partial<NamedUpstream> = {}) =>
  readUpstreamName({ proxy: 'nginx', source: 'nginx_config', name, alias: '', ...more });
const ofEnvoy = (name: string, alias = '') => read(name, { proxy: 'envoy', source: 'envoy', alias });
const ofIngressNginx = (name: string) => read(name, { source: 'ingress_nginx' });

/** `namespace/service:number` or `namespace/service "name"`. */
function text(ref: ServiceRef | null): string | null {
  if (ref === null) return null;
  const port = typeof ref.port === 'number' ? `:${ref.port}` : ref.port === null ? '' : ` "${ref.port}"`;
  return `${ref.namespace}/${ref.service}${port}`;
}
const candidates = ({ candidates }: { readonly candidates: readonly ServiceRef[] }) => candidates.map(text);

const EXACT: readonly [name: string, expected: string | null][] = [
  ['shop_cart_80', 'shop/cart:80'],
  ['shop_cart_80_1', 'shop/cart:80'],
  ['my-shop_cart-v2_8443_coffee_shop_0', 'my-shop/cart-v2:8443'],
  ['shop_cart_0', null],
  ['shop_cart_65536', null],
  ['shop_cart_080', null],
  ['shop_cart_http', null],
  ['Shop_cart_80', null],
  ['-shop_cart_80', null],
  ['shop__80', null],
  [`${'n'.repeat(64)}_cart_80`, null],
  ['shop_cart', null],
  ['backend', null],
];

const EXACT_OF_ENVOY: readonly [name: string, alias: string, expected: string | null][] = [
  ['outbound|80||cart.shop.svc.cluster.local', '', 'shop/cart:80'],
  ['outbound|80||cart.shop.svc.cluster.local;', '', 'shop/cart:80'],
  ['outbound|8080|v2|cart.shop.svc.example.org', '', 'shop/cart:8080'],
  ['outbound_.80_._.cart.shop.svc.cluster.local', '', 'shop/cart:80'],
  ['outbound_.80_.v2_.cart.shop.svc.cluster.local', '', 'shop/cart:80'],
  ['outbound|0||cart.shop.svc.cluster.local', '', null],
  ['outbound|80||cart.shop.svc.clusterset.local', '', null],
  ['shop/cart/80/da39a3ee5e', '', 'shop/cart:80'],
  ['shop/cart/80/da39a3ee5e', 'shop/cart/http', 'shop/cart "http"'],
  ['shop/cart/80/da39a3ee5e', 'shop/cart', 'shop/cart ""'],
  ['anything', 'outbound|80||cart.shop.svc.cluster.local', 'shop/cart:80'],
  ['shop/cart/80', '', null],
  ['shop/cart/80/da39a3ee5', '', null],
  ['a-long-n/a-long-s-0a1b2c/80/da39a3ee5e', '', null],
  ['tcproute/shop/cart', '', null],
  ['anything', 'a/b/c/d', null],
  ['anything', 'A/b', null],
];

describe('readUpstreamName, names with one reading', () => {
  for (const [name, expected] of EXACT)
    it(`nginx: ${name.slice(0, 50)}`, () => assert.equal(text(read(name).exact), expected));
  for (const [name, alias, expected] of EXACT_OF_ENVOY)
    it(`Envoy: ${name} ${alias}`, () => assert.equal(text(ofEnvoy(name, alias).exact), expected));

  it('says which product names so', () => {
    assert.equal(read('shop_cart_80').exact?.method, 'ngf');
    assert.equal(ofEnvoy('outbound|80||cart.shop.svc.cluster.local').exact?.method, 'istio');
    assert.equal(ofEnvoy('x', 'shop/cart').exact?.method, 'contour');
  });
});

describe('readUpstreamName, names with several readings', () => {
  it('ingress-nginx: every place to cut', () => {
    assert.deepEqual(candidates(ofIngressNginx('shop-cart-80')), ['shop/cart:80']);
    assert.deepEqual(candidates(ofIngressNginx('shop-cart-api-80')), [
      ...['shop/cart-api:80', 'shop-cart/api:80', 'shop/cart "api-80"'],
    ]);
    assert.deepEqual(candidates(ofIngressNginx('shop-cart-http')), ['shop/cart "http"']);
    assert.deepEqual(candidates(ofIngressNginx('tcp-shop-cart-80')), [
      ...['tcp/shop-cart:80', 'tcp-shop/cart:80', 'tcp/shop "cart-80"', 'shop/cart:80'],
    ]);
  });

  it('ingress-nginx: none for a name that it does not make', () => {
    for (const name of ['cart', 'shop-80', 'shop_cart_80', 'shop-cart-', '-cart-80', 'shop-cart-averyveryverylongname'])
      assert.deepEqual(candidates(ofIngressNginx(name)), [], name);
  });

  it('ingress-nginx: none when there are too many, and says so', () => {
    const found = ofIngressNginx('a-'.repeat(20).concat('80'));
    assert.deepEqual([found.candidates, found.problem], [[], 'too_many_readings']);
  });

  it('F5: an Ingress, by the host in the middle', () => {
    assert.deepEqual(candidates(read('shop-web-shop.example.com-cart-80')), [...['shop/cart:80', 'shop-web/cart:80']]);
    assert.deepEqual(candidates(read('shop-web-_-cart-80')), ['shop/cart:80']);
    assert.deepEqual(candidates(read('shop-web--cart-http')), ['shop/cart "http"']);
    assert.deepEqual(candidates(read('shop-web-*.example.com-cart-80')), ['shop/cart:80', 'shop-web/cart:80']);
    assert.deepEqual(candidates(read('my-app-backend-8080')), []);
  });

  it('F5: no more than the namespace of a VirtualServer, its route and a TransportServer', () => {
    assert.deepEqual(read('vs_shop_cafe_tea').namespaces, ['shop']);
    assert.deepEqual(read('ts_shop_dns_udp').namespaces, ['shop']);
    assert.deepEqual(read('vs_shop_cafe_vsr_teas_green_tea').namespaces, ['teas']);
    assert.deepEqual(candidates(read('vs_shop_cafe_tea')), []);
    const both = read('vs_shop_80_tea');
    assert.deepEqual([both.exact, candidates(both), both.namespaces], [null, ['vs/shop:80'], ['shop']]);
  });

  it('Envoy Gateway, and Contour after cutting: no more than the namespace', () => {
    assert.deepEqual(ofEnvoy('httproute/shop/cart/rule/0').namespaces, ['shop']);
    assert.deepEqual(ofEnvoy('grpcroute/shop/cart/rule/0/backend/1').namespaces, ['shop']);
    assert.deepEqual(ofEnvoy('shop/a-long-s-0a1b2c/80/da39a3ee5e').namespaces, ['shop']);
  });

  it('names of the cluster DNS', () => {
    assert.deepEqual(candidates(read('cart.shop.svc.cluster.local')), ['shop/cart']);
    assert.deepEqual(candidates(ofEnvoy('cart.shop.svc')), ['shop/cart']);
    assert.deepEqual(candidates(read('implicit:cart.shop.svc.cluster.local.:8080')), ['shop/cart:8080']);
    assert.deepEqual(candidates(read('implicit:Cart.Shop.svc:8080')), ['shop/cart:8080']);
    assert.deepEqual(candidates(read('implicit:cart.shop:8080')), ['shop/cart:8080']);
    for (const name of ['cart.shop.svc.clusterset.local', 'implicit:cart.shop.svc.clusterset.local:80'])
      assert.deepEqual(candidates(read(name)), [], name);
    for (const name of ['cart.shop', 'cart-0.cart.shop.svc.cluster.local', 'a.b.svc.c_d', 'implicit:10.0.0.1:80'])
      assert.deepEqual(candidates(read(name)), [], name);
    assert.deepEqual(candidates(read('implicit:cart.shop.svc')), []);
    assert.deepEqual(candidates(read('implicit:[fd00::1]:80')), []);
    assert.deepEqual(candidates(read('implicit:unix:/run/a.b')), []);
  });
});

describe('readUpstreamName, names of no Service', () => {
  for (const name of ['invalid-backend-ref', 'upstream_balancer', 'upstream-default-backend'])
    it(name, () => assert.equal(read(name).isNoService, true));
  for (const name of ['upstream-default-backend', 'shop-INVALID'])
    it(`ingress-nginx: ${name}`, () => assert.equal(ofIngressNginx(name).isNoService, true));
  const names = [
    ...[
      'BlackHoleCluster',
      'PassthroughCluster',
      'InboundPassthroughClusterIpv4',
      'inbound|8080||',
      'inbound_.80_._.x',
    ],
    ...['local_app', 'local_agent', 'original-destination', 'xds-grpc', 'sds-grpc', 'prometheus_stats', 'agent'],
    ...['cart.default.dc1.internal.2f1c8b0e-0000-4000-8000-000000000000.consul', 'outbound|443||api.example.com'],
    ...['v1.cart.shop.part.dc1.internal-v1.2f1c8b0e-0000-4000-8000-000000000000.consul'],
  ];
  for (const name of names) it(`Envoy: ${name}`, () => assert.equal(ofEnvoy(name).isNoService, true));
  it('are not those of others', () => {
    for (const name of ['shop_cart_80', 'agent', 'backend']) assert.equal(read(name).isNoService, false);
  });
});

describe('readUpstreamName, any text', () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);
  const port = fc.integer({ min: 1, max: 65_535 });

  it('finds what NGINX Gateway Fabric and Istio wrote', () => {
    fc.assert(
      fc.property(label, label, port, fc.option(fc.nat()), (namespace, service, number, index) => {
        fc.pre(namespace !== 'vs' && namespace !== 'ts');
        const name = `${namespace}_${service}_${number}${index === null ? '' : `_${index}`}`;
        assert.equal(text(read(name).exact), `${namespace}/${service}:${number}`);
        const host = `${service}.${namespace}.svc.cluster.local`;
        assert.equal(text(ofEnvoy(`outbound|${number}||${host}`).exact), `${namespace}/${service}:${number}`);
        assert.equal(text(ofEnvoy(`outbound_.${number}_.v1_.${host}`).exact), `${namespace}/${service}:${number}`);
      }),
    );
  });

  it('has what ingress-nginx and F5 wrote among the candidates, or says that there are too many', () => {
    const portName = fc.stringMatching(/^[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,4}){0,2}$/);
    fc.assert(
      fc.property(label, label, fc.oneof(port, portName), label, (namespace, service, number, ingress) => {
        const expected = `${namespace}/${service}${typeof number === 'number' ? `:${number}` : ` "${number}"`}`;
        for (const name of [
          ofIngressNginx(`${namespace}-${service}-${number}`),
          ofIngressNginx(`tcp-${namespace}-${service}-${number}`),
          read(`${namespace}-${ingress}-a-b.example.com-${service}-${number}`),
        ])
          if (name.problem === '') assert.ok(candidates(name).includes(expected), expected);
          else assert.equal(name.problem, 'too_many_readings');
      }),
    );
  });

  it('never throws and stays within its limits', () => {
    const piece = fc.oneof(
      fc.constantFrom('-', '_', '.', '/', '|', ':', 'svc', 'outbound|80||', 'vs_', 'implicit:', '80', 'a', '%', '*'),
      fc.string({ maxLength: 4 }),
    );
    const anything = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(anything, anything, fc.constantFrom(...UPSTREAM_SOURCES), (name, alias, source) => {
        for (const proxy of ['nginx', 'envoy'] as const) {
          const found = readUpstreamName({ proxy, source, name, alias });
          assert.ok(found.candidates.length <= MOST_CANDIDATES);
          for (const ref of [...found.candidates, ...(found.exact ? [found.exact] : [])]) {
            assert.match(ref.namespace, /^[a-z0-9][a-z0-9-]*$/);
            assert.match(ref.service, /^[a-z0-9][a-z0-9-]*$/);
          }
        }
      }),
    );
    assert.equal(read('a_'.repeat(600)).problem, 'too_long');
    assert.equal(read('a-'.repeat(500).concat('b.c-a-b-c-80')).problem, 'too_many_readings');
  });
});
