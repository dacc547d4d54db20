import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PastUses } from '../../src/facts/past-uses.ts';
import { newTracked, type Tracked, type View } from '../../src/facts/tracked-view.ts';
import { EDGE, view } from './views.ts';

const OF = { proxy: 'nginx', subject: EDGE } as const;
const KEY = '10.0.0.1 80';
const left = (untilMs: number) => ({ servers: new Map(), place: '', untilMs });

function tracked(name: string): Tracked {
  const latest = view({ [name]: [] });
  const of: View = { key: latest.source, latest, upstreams: new Map(), isOld: false, isSuspended: false };
  return newTracked(of, latest.upstreams[0]);
}

describe('PastUses', () => {
  it('tells what a proxy used an address for last, and says when that has changed', () => {
    const changed: string[] = [];
    const past = new PastUses((key) => changed.push(key));
    past.add(tracked('cart'), KEY, left(100));
    past.add(tracked('pay'), KEY, left(200));
    const { upstream, untilMs } = past.latest(OF, KEY)!;
    assert.deepEqual([upstream.name, untilMs], ['pay', 200]);
    assert.equal(past.latest({ ...OF, proxy: 'envoy' }, KEY), undefined);
    assert.equal(past.latest({ ...OF, subject: { ...EDGE, pod: 'edge-2' } }, KEY), undefined);
    assert.deepEqual(changed, [KEY, KEY]);
  });

  it('has one use of an address by an upstream, the last, and forgets it after a quarter of an hour', () => {
    const past = new PastUses(() => {});
    const cart = tracked('cart');
    past.add(cart, KEY, left(100));
    past.add(cart, KEY, left(300));
    assert.equal(past.latest(OF, KEY)?.untilMs, 300);
    assert.deepEqual([...past.addressesNamed('cart')], [KEY]);
    past.add(cart, '10.0.0.2 80', left(900_301));
    assert.equal(past.latest(OF, KEY), undefined);
    assert.deepEqual([...past.addressesNamed('cart')], ['10.0.0.2 80']);
    assert.equal(past.dropped, 0);
  });

  it('drops the oldest where there are too many, and counts them', () => {
    const past = new PastUses(() => {});
    const cart = tracked('cart');
    for (let port = 0; port < 20_003; port++) past.add(cart, `10.0.0.1 ${port}`, left(port));
    assert.equal(past.dropped, 3);
    assert.equal(past.latest(OF, '10.0.0.1 2'), undefined);
    assert.equal(past.latest(OF, '10.0.0.1 3')?.untilMs, 3);
  });
});
