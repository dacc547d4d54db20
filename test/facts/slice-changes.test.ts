import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { SliceChanges } from '../../src/facts/slice-changes.ts';
import { SliceLog } from '../../src/facts/slice-log.ts';
import { endpoint, slice } from './slices.ts';

const CART = 'shop/cart';
const IP = '10.0.0.1';
const LISTED = 1_000_000;

/** One that has listed a slice of shop/cart at LISTED, and follows it; a minute later. */
function setUp() {
  let nowMs = LISTED;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 180_000, wanted: () => none });
  const changes = new SliceChanges({ clock, cluster, log: new SliceLog({ clock, cluster }) });
  const set = (...of: Parameters<typeof slice>) => cluster.set('endpointslices', slice(...of));
  const follow = () => cluster.current('endpointslices', nowMs);
  const step = (by: number) => (nowMs += by);
  set('a', [endpoint(IP)]);
  follow();
  step(60_000);
  return { cluster, changes, set, follow, step, now: () => nowMs };
}

describe('SliceChanges', () => {
  it('knows nothing of a Service whose slices were only listed', () => {
    const { changes } = setUp();
    assert.equal(changes.changedMs(CART), null);
    assert.equal(changes.changedMs('shop/pay'), null);
  });

  it('says when an address, its readiness or its port changed last', () => {
    const { changes, set, step, now } = setUp();
    const ways = [
      () => set('a', [endpoint(IP), endpoint('10.0.0.2')]),
      () => set('a', [endpoint(IP), endpoint('10.0.0.2', { ready: false })]),
      () => set('a', [endpoint(IP), endpoint('10.0.0.2', { ready: false, terminating: true })]),
      () => set('a', [endpoint(IP)]),
      () => set('a', [endpoint(IP)], { ports: [{ name: 'http', number: 9090 }] }),
      () => set('a', []),
    ];
    for (const change of ways) {
      step(5_000);
      change();
      assert.equal(changes.changedMs(CART), now());
    }
  });

  it('takes a slice that was written again as it was for no change', () => {
    const { changes, set, step } = setUp();
    set('a', [endpoint('10.0.0.9')]);
    step(5_000);
    set('a', [endpoint('10.0.0.9')]);
    set('p', [endpoint('10.0.9.9')], { service: 'shop/pay' });
    assert.equal(changes.changedMs(CART), LISTED + 60_000);
  });

  it('takes the first list of a Service that is wanted later, in pieces, for no change', () => {
    const { changes, set, step, now } = setUp();
    const pay = { service: 'shop/pay' };
    set('p1', [endpoint('10.0.1.1')], pay);
    step(300);
    set('p2', [endpoint('10.0.1.2')], pay);
    assert.equal(changes.changedMs('shop/pay'), null);
    step(5_000);
    set('p2', [endpoint('10.0.1.3')], pay);
    assert.equal(changes.changedMs('shop/pay'), now());
  });

  it('counts a slice that goes to another Service for both', () => {
    const { changes, set, step, now } = setUp();
    set('p', [endpoint('10.0.1.1')], { service: 'shop/pay' });
    set('b', [endpoint('10.0.0.2')]);
    step(5_000);
    set('b', [endpoint('10.0.0.2')], { service: 'shop/pay' });
    assert.deepEqual([changes.changedMs(CART), changes.changedMs('shop/pay')], [now(), now()]);
  });

  it('forgets a Service that has no slice any more: nobody may have followed it meanwhile', () => {
    const { cluster, changes, set, step } = setUp();
    set('a', [endpoint('10.0.0.9')]);
    step(5_000);
    cluster.delete('endpointslices', 'shop/a');
    assert.equal(changes.changedMs(CART), null);
    step(5_000);
    set('a', [endpoint('10.0.0.8')]);
    assert.equal(changes.changedMs(CART), null);
  });

  it('says nothing while the slices are too old', () => {
    const { changes, set, step, follow, now } = setUp();
    set('a', [endpoint('10.0.0.9')]);
    const changedMs = now();
    step(180_000);
    assert.equal(changes.changedMs(CART), null);
    follow();
    assert.equal(changes.changedMs(CART), changedMs);
  });
});
