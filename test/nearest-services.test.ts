import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from './facts/views.ts';
import { createTruth } from './support/truth.ts';

function ground(services: readonly string[], upstreams: Readonly<Record<string, readonly string[]>>) {
  const rig = createTruth();
  for (const key of services) rig.service(key);
  rig.current();
  rig.truth.upstreams.report('conf', view(upstreams, { readAtMs: rig.now() }));
  rig.wait(3000);
  const mapping = (name: string) =>
    rig.reports
      .report({})
      .gateways.flatMap(({ upstreams }) => upstreams)
      .find((one) => one.name === name)!.mapping;
  return { ...rig, mapping };
}

test('an upstream whose Service does not exist is listed with those of like names, the nearest first', () => {
  const services = ['shop/postgres', 'shop/postgrest', 'shop/redis', 'pay/postgress', 'pay/postgres'];
  const { mapping } = ground(services, { shop_postgress_5432: ['10.0.0.1:5432'] });
  const { nearest, reason } = mapping('shop_postgress_5432');
  assert.deepEqual(nearest, ['shop/postgres', 'shop/postgrest', 'pay/postgress']);
  assert.match(reason, /; the nearest that there are: shop\/postgres, shop\/postgrest, pay\/postgress$/);
});

test('none for one whose Service exists, whose name is like no other, or that says no Service', () => {
  const upstreams = { shop_cart_80: ['10.0.0.1:80'], shop_cart_99: ['10.0.0.2:80'], backend: ['10.0.0.3:80'] };
  const { mapping } = ground(['shop/cart', 'shop/unlike'], { ...upstreams, shop_checkout_80: ['10.0.0.4:80'] });
  for (const name of [...Object.keys(upstreams), 'shop_checkout_80'])
    assert.equal(mapping(name).nearest, undefined, name);
});

test('the search is bounded in one answer, goes on in the next, and is done again after half a minute', () => {
  const names = Array.from({ length: 25 }, (_, n) => `shop_carrt${String.fromCharCode(97 + n)}_80`);
  const { reports, service, wait } = ground(
    ['shop/carrt'],
    Object.fromEntries(names.map((name, n) => [name, [`10.0.0.${n + 1}:80`]])),
  );
  const found = () =>
    reports.report({}).gateways.flatMap(({ upstreams }) => upstreams.filter(({ mapping }) => mapping.nearest)).length;
  assert.equal(found(), 20);
  assert.equal(found(), 25);
  service('shop/carrtab');
  const nearest = () => reports.report({ upstream: names[0] }).gateways[0].upstreams[0].mapping.nearest;
  assert.deepEqual(nearest(), ['shop/carrt']);
  wait(31_000);
  assert.deepEqual(nearest(), ['shop/carrt', 'shop/carrtab']);
});
