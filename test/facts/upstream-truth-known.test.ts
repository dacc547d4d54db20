import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpoint, slice } from './slices.ts';
import { setUp } from './upstream-truth-rig.ts';
import { EDGE } from './views.ts';

describe('UpstreamTruth, what it knows and when', () => {
  it('says unknown before the slices are complete, when they are old, and of a proxy that is not read any more', () => {
    const { cluster, truth, report, counts, wait, now } = setUp();
    cluster.forget('endpointslices');
    cluster.set('endpointslices', slice('a', []));
    report({ cart: ['10.0.0.1:8080'] });
    wait(10);
    assert.deepEqual(counts(), { cart: { unknown: 1 } });
    cluster.current('endpointslices', now());
    wait(4);
    assert.deepEqual(counts(), { cart: { stale: 1 } });
    assert.equal(truth.upstreams()[0].compared.driftSinceMs, now() - 3000);
    wait(180);
    assert.deepEqual(counts(), { cart: { unknown: 1 } });
    cluster.current('endpointslices', now());
    // Read 194 s ago: the proxy may have changed since.
    wait(4);
    assert.deepEqual(counts(), { cart: { unknown: 1 } });
    report({ cart: ['10.0.0.1:8080'] });
    wait(4);
    assert.deepEqual(counts(), { cart: { stale: 1 } });
  });

  it('says at once what a failed request hits', () => {
    const { cluster, truth, report, counts } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    report({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
    assert.deepEqual(counts(), { cart: { unknown: 1, live: 1 } });
    truth.hit('envoy', EDGE, { ip: '10.0.0.1', port: 8080 });
    truth.hit('nginx', { ...EDGE, pod: 'edge-2' }, { ip: '10.0.0.1', port: 8080 });
    truth.hit('nginx', { ...EDGE, pod: '', gateway: 'other' }, { ip: '10.0.0.1', port: 8080 });
    truth.hit('nginx', EDGE, { ip: '10.0.0.1', port: 8081 });
    assert.deepEqual(counts(), { cart: { unknown: 1, live: 1 } }, 'failures of others, or elsewhere');
    truth.hit('nginx', { ...EDGE, pod: '' }, { ip: '10.0.0.1', port: 8080 });
    assert.deepEqual(counts(), { cart: { stale: 1, live: 1 } });
  });

  it('says when nothing can have changed', () => {
    const { cluster, truth, report, wait } = setUp();
    report({ cart: ['10.0.0.1:8080'] });
    assert.equal(truth.evaluate(), true);
    wait(4);
    assert.equal(truth.evaluate(), false);
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    assert.equal(truth.evaluate(), true);
    assert.equal(truth.evaluate(), false);
    truth.hit('nginx', EDGE, { ip: '10.0.0.1', port: 8080 });
    assert.equal(truth.evaluate(), false, 'a live endpoint that fails is one still');
    truth.remove('conf');
    assert.equal(truth.evaluate(), true);
    assert.equal(truth.evaluate(), false);
  });

  it('accuses no address that it took while the API was out of reach, and asks for news of one in a quiet cluster', () => {
    const { cluster, truth, report, counts, wait, now } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    report({ cart: ['10.0.0.1:8080'] });
    wait(4);
    cluster.interrupted('endpointslices');
    wait(2);
    // The controller still has the cluster: it follows a rollout that we cannot see.
    report({ cart: ['10.0.0.2:8080'] });
    wait(60);
    truth.hit('nginx', EDGE, { ip: '10.0.0.2', port: 8080 });
    assert.deepEqual(counts(), { cart: { unknown: 1 } });
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    cluster.current('endpointslices', now());
    assert.deepEqual(counts(), { cart: { live: 1 } });
    assert.equal(truth.doubtMs(), null);
    wait(30);
    report({ cart: ['10.0.0.3:8080'] });
    const takenMs = now();
    wait(4);
    assert.deepEqual(counts(), { cart: { unknown: 1 } }, 'the last word of the API is 34 s old');
    assert.equal(truth.doubtMs(), takenMs);
    cluster.current('endpointslices', now());
    wait(4);
    assert.deepEqual(counts(), { cart: { stale: 1, missing: 1 } });
    assert.equal(truth.doubtMs(), null);
  });

  it('forgets upstreams and proxies that are gone', () => {
    const { truth, report, counts } = setUp();
    report({ cart: ['10.0.0.1:8080'], legacy: ['10.0.0.3:80'] });
    report({ legacy: ['10.0.0.3:80'] });
    assert.deepEqual(Object.keys(counts()), ['legacy']);
    truth.remove('conf');
    truth.remove('conf');
    assert.deepEqual(counts(), {});
    assert.deepEqual(truth.views(), []);
  });

  it('says nothing of a proxy while it is not known what that uses, and begins anew', () => {
    const { cluster, truth, report, counts, wait, now } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    report({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
    wait(11);
    assert.deepEqual(counts(), { cart: { live: 1, stale: 1 } });
    truth.suspend('conf');
    assert.ok(truth.evaluate(), 'something has changed');
    assert.deepEqual(counts(), {});
    assert.equal(truth.views().length, 1, 'it is still there, and so is what it may need');
    assert.deepEqual([...truth.used.at('10.0.0.2')], []);
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.3')]));
    wait(70);
    assert.deepEqual(counts(), {});
    cluster.current('endpointslices', now());
    report({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
    assert.deepEqual(counts(), { cart: { live: 1, unknown: 1 } });
    wait(11);
    cluster.current('endpointslices', now());
    assert.deepEqual(counts(), { cart: { live: 1, stale: 1, missing: 1 } });
    truth.suspend('conf');
    truth.remove('conf');
    truth.suspend('conf');
    assert.deepEqual(truth.views(), []);
  });
});
