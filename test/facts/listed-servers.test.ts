import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerInUse } from '../../src/contract/upstream.ts';
import { ListedServers } from '../../src/facts/listed-servers.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { server } from './views.ts';

type Listed = Pick<TrackedUpstream, 'upstream' | 'mapped'>;

function listed(service: string | null, ...servers: readonly ServerInUse[]): Listed {
  return {
    upstream: { name: 'u', alias: '', servers },
    mapped: {
      service: service === null ? null : { service, portName: 'http' },
      ...{ portNumber: '', method: 'none', reason: '', isStatic: false },
    },
  };
}

function isOnlyNamed(service: string | null, ...all: readonly Listed[]): boolean {
  const servers = new ListedServers();
  for (const one of all) servers.add(one);
  return servers.isOnlyNamed(listed(service));
}

const named = (host: string, service: string | null = null) =>
  listed(service, { kind: 'hostname', host, port: 80, place: '', isDraining: false });

test('knows a Service by every name that the DNS of the cluster gives it', () => {
  for (const host of ['cart', 'Cart.shop', 'cart.shop.svc', 'cart.shop.svc.cluster.local'])
    assert.ok(isOnlyNamed('shop/cart', named('pay.shop'), named(host)), host);
  for (const host of ['pay', 'cart.blog', 'cart.shop.example.org', 'shop.cart', 'cart.blog.svc.cluster.local'])
    assert.ok(!isOnlyNamed('shop/cart', named(host)), host);
});

test('not one whose addresses are listed too, nor what stands for no Service', () => {
  const byAddress = listed('shop/cart', server('10.0.0.1:8080'));
  assert.ok(!isOnlyNamed('shop/cart', named('cart.shop.svc'), byAddress));
  assert.ok(isOnlyNamed('shop/cart', named('cart.shop.svc'), listed('shop/pay', server('10.0.0.1:8080'))));
  assert.ok(!isOnlyNamed(null, named('cart')));
});
