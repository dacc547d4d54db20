import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IP, setUp } from './endpoint-facts-rig.ts';
import { factsRig, START_MS } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

describe('what cannot be told of an address', () => {
  it('without a source, or while it lists, or too old', () => {
    const { cluster, failed, why, step, quiet } = setUp();
    quiet();
    step(180_001);
    assert.match(why(failed()), /^unknown: it is not known which Service/, 'the proxy was not read either');
    cluster.forget('endpointslices');
    const rig = factsRig();
    rig.uses({ cart: ['10.0.0.1:8080'] });
    const asked = rig.facts.endpoint(rig.failed());
    assert.deepEqual(asked, { isKnown: false, why: 'nothing says what the EndpointSlices are', mayCome: false });
    rig.cluster.expect('endpointslices');
    assert.equal((rig.facts.endpoint(rig.failed()) as { mayCome: boolean }).mayCome, true);
  });

  it('of a time before they were followed, and of a Service that was never seen', () => {
    const { failed, why, uses, step } = setUp();
    assert.match(why(failed({ sinceMs: START_MS - 2_000, atMs: START_MS - 1_000 })), /^unknown: .* not known yet/);
    uses({ pay: ['10.0.0.1:8080'] });
    step(2_000);
    assert.equal(why(failed()), 'unknown: no EndpointSlice of shop/pay had been seen');
  });

  it('of an upstream that stands for no Service or for its own address, and of one address of two Services', () => {
    const { uses, cluster, failed, why, step, ready } = setUp();
    uses({ other: ['10.0.0.1:8080'] });
    assert.match(why(failed()), /^unknown/);
    uses({ vip: ['10.0.0.1:8080'] });
    assert.match(why(failed()), /^unknown/);
    cluster.set('endpointslices', slice('p', [endpoint('10.0.0.7')], { service: 'shop/pay' }));
    step(2_000);
    assert.equal(ready(failed()), 2, 'how many are ready behind its own address can be told');
    uses({ cart: ['10.0.0.1:8080'], pay: ['10.0.0.1:8080'] });
    step(2_000);
    const of = failed({ sinceMs: START_MS + 13_000 });
    assert.equal(why(of), 'pending: a change may be under way');
    step(1_000);
    assert.equal(why(of), 'unknown: the address is used for several Services');
    assert.equal(why({ ...of, upstream: { ...of.upstream, upstream: 'cart' } }), 'live');
  });

  it('while nothing is heard: the watch is asked, once, and what it says counts', () => {
    const { cluster, facts, failed, why, step, quiet, now } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    step(2_000);
    quiet();
    step(10_000);
    assert.equal(why(failed()), 'stale', 'a watch does not end within seconds');
    assert.equal(facts.doubtMs(), null);
    step(10_000);
    const of = failed();
    assert.match(why(of), /^pending: nothing was heard/);
    assert.equal(facts.doubtMs(), of.atMs);
    step(1_000);
    cluster.current('endpointslices', now());
    assert.equal(facts.doubtMs(), null);
    assert.equal(why(of), 'stale');
    step(20_000);
    assert.match(why(failed()), /^pending/);
    step(6_001);
    assert.equal(facts.doubtMs(), null, 'nobody waits any more');
    cluster.interrupted('endpointslices');
    assert.match(why(failed({ atMs: now() })), /^pending/);
  });

  it('after the clock was set back and contact is lost', () => {
    const { cluster, failed, quiet, step, why } = setUp();
    step(100_000);
    quiet();
    step(-60_000);
    cluster.interrupted('endpointslices');
    step(30_000);
    const of = failed();
    step(2_000);
    assert.match(why(of), /^pending: nothing was heard/);
  });

  it('of a family that the Service has no slice of, unless it had one', () => {
    const { cluster, uses, failed, step, why } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint(IP), endpoint('10.0.0.2')], { addressType: 'IPv4' }));
    cluster.set('endpointslices', slice('b', [endpoint('fd00::2')], { addressType: 'IPv6' }));
    uses({ cart: ['10.0.0.1:8080', '[fd00::1]:8080', '[fd00::2]:8080', '10.0.0.9:8080'] });
    step(10_000);
    const said = (address: string) => {
      const of = failed({ peer: { scheme: 'http', address, port: 8080 } });
      step(2_000);
      return why(of);
    };
    assert.deepEqual(['fd00::1', 'fd00::2', '10.0.0.9'].map(said), ['stale', 'live', 'stale']);
    cluster.delete('endpointslices', 'shop/b');
    step(10_000);
    const untold = 'unknown: no EndpointSlice of shop/cart is of its family';
    assert.deepEqual(['fd00::1', 'fd00::2', '10.0.0.9'].map(said), [untold, 'stale', 'stale']);
  });

  it('while contact is lost; what is heard of when it is back was so meanwhile', () => {
    const { cluster, failed, why, step, quiet, now, fact } = setUp();
    quiet();
    cluster.interrupted('endpointslices');
    step(1_000);
    const of = failed();
    assert.match(why(of), /^pending/);
    step(3_000);
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    cluster.current('endpointslices', now());
    step(1_000);
    assert.deepEqual([why(of), fact(of).sinceMs], ['stale', of.atMs]);
    assert.equal(why(failed({ sinceMs: of.atMs - 9_000, atMs: of.atMs - 2_000 })), 'live', 'before contact was lost');
  });

  it('of one that the proxy took since the slices were heard of', () => {
    const { cluster, uses, facts, failed, why, step, quiet, now } = setUp();
    quiet();
    step(2_000);
    uses({ cart: ['10.0.0.1:8080', '10.0.0.5:8080'] });
    const of = failed({ peer: { scheme: 'http', address: '10.0.0.5', port: 8080 } });
    assert.equal(why(of), 'pending: the proxy may know more than the EndpointSlices that were heard of');
    assert.equal(facts.doubtMs(), now());
    step(1_000);
    cluster.current('endpointslices', now());
    assert.equal(why(of), 'stale');
  });
});
