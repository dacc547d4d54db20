import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UpstreamsView } from '../../src/contract/upstream.ts';
import { newTracked, type Tracked, type View } from '../../src/facts/tracked-view.ts';
import { UsedAddresses } from '../../src/facts/used-addresses.ts';
import { EDGE, server, view } from './views.ts';

const OF = { proxy: 'nginx', subject: EDGE } as const;

function tracked(name: string, servers: readonly string[], more: Partial<UpstreamsView> = {}): Tracked {
  const latest = view({ [name]: servers }, more);
  const of: View = { key: latest.source, latest, upstreams: new Map(), isOld: false, isSuspended: false };
  return newTracked(of, latest.upstreams[0]);
}

function read(one: Tracked, servers: readonly string[], atMs: number): void {
  one.upstream = { ...one.upstream, servers: servers.map((text) => server(text)) };
  one.readAtMs = atMs;
}

describe('UsedAddresses', () => {
  const namesOf = (used: UsedAddresses, host: string, port: number | null) =>
    used.usesOf(OF, host, port).map(({ upstream, sinceMs, untilMs }) => [upstream.name, sinceMs, untilMs]);

  it('tells what an address is used for, since when, and what it was used for', () => {
    const used = new UsedAddresses();
    const cart = tracked('cart', ['10.0.0.1:80', 'unix:/run/a']);
    cart.readAtMs = 100;
    used.put(cart);
    assert.deepEqual(namesOf(used, '10.0.0.1', 80), [['cart', 100, null]]);
    assert.deepEqual(namesOf(used, '/run/a', null), [['cart', 100, null]]);
    assert.deepEqual(namesOf(used, '10.0.0.1', 81), []);
    read(cart, ['10.0.0.1:80', '10.0.0.2:80'], 200);
    used.put(cart);
    assert.deepEqual(namesOf(used, '10.0.0.1', 80), [['cart', 100, null]]);
    assert.deepEqual(namesOf(used, '10.0.0.2', 80), [['cart', 200, null]]);
    assert.deepEqual(namesOf(used, '/run/a', null), [['cart', 200, 200]]);
    used.remove(cart, 300);
    assert.deepEqual(namesOf(used, '10.0.0.2', 80), [['cart', 300, 300]]);
    assert.deepEqual([...used.at('10.0.0.1')], []);
    assert.equal(used.named(OF, 'cart'), undefined);
  });

  it('knows proxies apart, and takes the source that knows most', () => {
    const used = new UsedAddresses();
    used.put(tracked('cart', ['10.0.0.1:80']));
    used.put(tracked('observed:unknown', ['10.0.0.1:80'], { source: 'observed' }));
    used.put(tracked('other', ['10.0.0.1:80'], { subject: { ...EDGE, pod: 'edge-2' } }));
    used.put(tracked('cart', ['10.0.0.9:80'], { source: 'nginx_plus' }));
    assert.deepEqual(namesOf(used, '10.0.0.1', 80), [['cart', 0, null]]);
    assert.equal(used.named(OF, 'cart')?.view.source, 'nginx_plus');
    assert.equal(used.named({ ...OF, proxy: 'envoy' }, 'cart'), undefined);
  });

  it('forgets after a quarter of an hour', () => {
    const used = new UsedAddresses();
    const [cart, pay] = [tracked('cart', ['10.0.0.1:80']), tracked('pay', ['10.0.0.2:80'])];
    for (const one of [cart, pay]) used.put(one);
    used.remove(cart, 1_000);
    used.remove(pay, 901_000);
    assert.equal(namesOf(used, '10.0.0.1', 80).length, 1);
    used.put(pay);
    used.remove(pay, 901_001);
    assert.equal(namesOf(used, '10.0.0.1', 80).length, 0);
  });

  it('tells the addresses that upstreams of a name have or had, and where they are configured', () => {
    const used = new UsedAddresses();
    const cart = tracked('cart', ['10.0.0.1:80', 'unix:/run/a']);
    used.put(cart);
    used.put(tracked('pay', ['10.0.0.9:80']));
    const named = () => [...used.addressesNamed('cart')].sort();
    assert.deepEqual(named(), ['/run/a', '10.0.0.1 80']);
    assert.deepEqual([...used.named(OF, 'cart')!.servers.keys()], ['10.0.0.1 80', '/run/a']);
    read(cart, ['10.0.0.2:80'], 200);
    used.put(cart);
    assert.deepEqual(named(), ['/run/a', '10.0.0.1 80', '10.0.0.2 80']);
    used.remove(cart, 300);
    assert.deepEqual(named(), ['/run/a', '10.0.0.1 80', '10.0.0.2 80']);
    for (const n of [1, 2, 3]) {
      const later = tracked(`later-${n}`, ['10.0.0.3:80']);
      used.put(later);
      used.remove(later, 900_000 + n * 400);
    }
    assert.deepEqual(named(), []);
    assert.deepEqual([...used.addressesNamed('later-1')], ['10.0.0.3 80']);
    assert.equal(used.dropped, 0);
  });

  it('says nothing old after a change, and counts what it has no room for', () => {
    const used = new UsedAddresses();
    const cart = tracked('cart', ['10.0.0.1:80']);
    used.put(cart);
    assert.equal(used.usesOf(OF, '10.0.0.1', 80)[0].view.readAtMs, cart.of.latest.readAtMs);
    cart.of.latest = { ...cart.of.latest, readAtMs: 5_000 };
    used.touch();
    assert.equal(used.usesOf(OF, '10.0.0.1', 80)[0].view.readAtMs, 5_000);
    cart.of.latest = { ...cart.of.latest, subject: { ...EDGE, pod: 'edge-2' } };
    used.touchAll();
    assert.deepEqual(used.usesOf(OF, '10.0.0.1', 80), []);
    const servers = Array.from({ length: 20_003 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:81`);
    const many = tracked('many', servers);
    used.put(many);
    used.remove(many, 1_000);
    assert.equal(used.dropped, 3);
  });
});
