import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import type { EndpointFact } from '../../src/facts/facts.ts';
import { factsRig, START_MS } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';
import { server, view } from './views.ts';

const IP = '10.0.0.1';

/** cart uses 10.0.0.1, which is live, and has been followed for 10 s. */
function setUp(endpoints = [endpoint(IP, { podName: 'cart-1' }), endpoint('10.0.0.2')]) {
  const rig = factsRig();
  rig.cluster.set('endpointslices', slice('a', endpoints));
  rig.hear();
  rig.uses({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
  rig.step(10_000);
  const fact = (of: Observation): EndpointFact => {
    const answer = rig.facts.endpoint(of);
    assert.ok(answer.isKnown, JSON.stringify(answer));
    return answer.value;
  };
  const why = (of: Observation) => {
    const answer = rig.facts.endpoint(of);
    return answer.isKnown ? answer.value.state : `${answer.mayCome ? 'pending' : 'unknown'}: ${answer.why}`;
  };
  const ready = (of: Observation) => {
    const answer = rig.facts.readyEndpoints(of);
    return answer.isKnown ? answer.value.ready : answer.mayCome ? 'pending' : 'unknown';
  };
  return { ...rig, fact, why, ready };
}

describe('what an address was when requests failed', () => {
  it('live, once no change can be under way any more', () => {
    const { failed, fact, why, step } = setUp();
    const of = failed();
    assert.equal(why(of), 'pending: a change may be under way');
    step(1_000);
    assert.deepEqual(fact(of), {
      ...{ state: 'live', service: 'shop/cart', sinceMs: null, pod: 'shop/cart-1', podUid: `uid-${IP}` },
      ...{ place: '', ready: 2, wasReady: true },
    });
  });

  it('stale, with the pod that had it, and as it was then whatever it is now', () => {
    const { cluster, failed, fact, step } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    step(5_000);
    const of = failed();
    const stale = fact(of);
    assert.deepEqual(
      [stale.state, stale.sinceMs, stale.pod, stale.ready],
      ['stale', START_MS + 10_000, 'shop/cart-1', 1],
    );
    step(2_000);
    cluster.set('endpointslices', slice('a', [endpoint(IP, { podName: 'cart-2' }), endpoint('10.0.0.2')]));
    step(2_000);
    assert.equal(fact(of).state, 'stale');
    assert.equal(fact(failed({ sinceMs: START_MS })).state, 'stale', 'the last bad state of a longer time');
    step(2_000);
    assert.equal(fact(failed({ atMs: START_MS + 20_000, sinceMs: START_MS + 19_500 })).state, 'live');
  });

  it('waits while slices are rewritten, and accuses nobody who was only moved', () => {
    const { cluster, failed, why, step } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    step(400);
    const of = failed();
    assert.equal(why(of), 'pending: its EndpointSlices are being rewritten');
    cluster.set('endpointslices', slice('b', [endpoint(IP)]));
    step(2_000);
    assert.equal(why(of), 'live');
  });

  it('hears of a pod that goes a moment after it fails', () => {
    const { cluster, failed, fact, step } = setUp();
    const of = failed();
    step(800);
    cluster.set('endpointslices', slice('a', [endpoint(IP, { ready: false, terminating: true })]));
    assert.deepEqual([fact(of).state, fact(of).ready], ['terminating', 0]);
  });

  it('not ready only when it was so before the failure; whether it ever was', () => {
    const { cluster, uses, failed, fact, why, step } = setUp();
    const of = failed();
    step(500);
    cluster.set('endpointslices', slice('a', [endpoint(IP, { ready: false }), endpoint('10.0.0.2')]));
    step(1_000);
    assert.equal(why(of), 'live');
    assert.deepEqual([fact(failed()).state, fact(failed()).wasReady], ['not_ready', true]);
    const young = [endpoint('10.0.0.3', { ready: false }), endpoint('10.0.0.2')];
    cluster.set('endpointslices', slice('a', young));
    step(2_000);
    const starting = failed({ peer: { scheme: 'http', address: '10.0.0.3', port: 8080 } });
    assert.equal(why(starting), 'pending: the proxy was not seen to use the address yet');
    uses({ cart: ['10.0.0.3:8080'] });
    assert.deepEqual([fact(starting).state, fact(starting).wasReady], ['not_ready', false]);
  });

  it('of an address that the proxy has dropped since', () => {
    const { cluster, uses, failed, why, step } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    step(2_000);
    const of = failed();
    uses({ cart: ['10.0.0.2:8080'] });
    assert.equal(why(of), 'stale');
  });

  it('of an address that was only seen to be used', () => {
    const { upstreams, cluster, failed, why, step, quiet, now } = setUp();
    upstreams.remove('conf');
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    step(60_000);
    quiet();
    step(1_000);
    const of = failed({ peer: { scheme: 'http', address: '10.0.0.3', port: 8080 } });
    assert.match(why(of), /^pending: the proxy was not seen/);
    upstreams.report('seen', view({ cart: ['10.0.0.3:8080'] }, { source: 'observed', readAtMs: now() }));
    assert.equal(why(of), 'stale');
    step(2_000);
    assert.match(why({ ...of, peer: { scheme: 'http', address: '10.0.0.4', port: 80 } }), /^unknown: it is not known/);
  });

  it('names the line of the configuration', () => {
    const { upstreams, cluster, failed, fact, step, now } = setUp();
    const servers = [server('10.0.0.1:8080', { place: '/etc/nginx/http.conf:82' })];
    upstreams.report('conf', { ...view({}, { readAtMs: now() }), upstreams: [{ name: 'cart', alias: '', servers }] });
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    step(2_000);
    assert.equal(fact(failed()).place, '/etc/nginx/http.conf:82');
  });
});

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

describe('how many endpoints were ready', () => {
  it('the fewest of the time, not while slices are rewritten', () => {
    const { cluster, failed, ready, step } = setUp();
    assert.equal(ready(failed()), 2);
    cluster.set('endpointslices', slice('a', []));
    step(300);
    assert.equal(ready(failed()), 'pending');
    cluster.set('endpointslices', slice('b', [endpoint(IP), endpoint('10.0.0.2')]));
    step(2_000);
    assert.equal(ready(failed({ sinceMs: START_MS })), 2);
    cluster.set('endpointslices', slice('b', []));
    step(2_000);
    const block = failed({ symptom: 'no_live_upstreams', peer: { scheme: 'http', address: 'cart', port: null } });
    assert.equal(ready(block), 0);
    step(1_000);
    cluster.set('endpointslices', slice('b', [endpoint(IP)]));
    step(5_000);
    assert.equal(ready(block), 0);
    assert.equal(ready(failed()), 1);
    assert.equal(ready(failed({ peer: { scheme: 'http', address: 'nobody', port: null } })), 'unknown');
  });
});
