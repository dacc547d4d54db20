import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IP, setUp } from './endpoint-facts-rig.ts';
import { START_MS } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';
import { server, view } from './views.ts';

describe('what an address was when requests failed', () => {
  it('live, once no change can be under way any more', () => {
    const { failed, fact, why, step } = setUp();
    const of = failed();
    assert.equal(why(of), 'pending: a change may be under way');
    step(1_000);
    assert.deepEqual(fact(of), {
      ...{ state: 'live', service: 'shop/cart', sinceMs: null, pod: 'shop/cart-1', podUid: `uid-${IP}` },
      ...{ place: '', ready: 2, wasReady: true, pods: [{ uid: `uid-${IP}`, pod: 'shop/cart-1' }] },
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
