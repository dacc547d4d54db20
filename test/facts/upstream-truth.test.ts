import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpoint, slice } from './slices.ts';
import { byName, setUp } from './upstream-truth-rig.ts';
import { server, view } from './views.ts';

describe('UpstreamTruth', () => {
  it('follows the slices: live, then stale and missing after the hold-down, then repaired by the proxy', () => {
    const { cluster, report, counts, wait } = setUp();
    report({ cart: ['10.0.0.1:8080'] });
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    assert.deepEqual(counts(), { cart: { live: 1 } });
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    assert.deepEqual(counts(), { cart: { live: 1 } });
    wait(4);
    assert.deepEqual(counts(), { cart: { stale: 1, missing: 1 } });
    report({ cart: ['10.0.0.2:8080'] });
    assert.deepEqual(counts(), { cart: { live: 1 } });
  });

  it('hears of an address that was in a slice between two looks', () => {
    const { cluster, report, counts, wait } = setUp();
    report({ cart: ['10.0.0.1:8080'] });
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    assert.deepEqual(counts(), { cart: { live: 1 } });
    cluster.delete('endpointslices', 'shop/a');
    wait(3);
    cluster.set('endpointslices', slice('b', [endpoint('10.0.0.1')]));
    cluster.delete('endpointslices', 'shop/b');
    wait(2);
    assert.deepEqual(counts(), { cart: { live: 1 } });
    wait(2);
    assert.deepEqual(counts(), { cart: { stale: 1 } });
  });

  it('hears that an address which nobody uses was not ready between two looks: since then it is missing', () => {
    const { cluster, truth, report, counts, wait, now } = setUp();
    const both = [endpoint('10.0.0.1'), endpoint('10.0.0.2')];
    cluster.set('endpointslices', slice('a', both));
    report({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
    wait(2);
    report({ cart: ['10.0.0.1:8080'] });
    wait(2);
    cluster.set('endpointslices', slice('a', [both[0], { ...both[1], ready: false }]));
    cluster.set('endpointslices', slice('a', both));
    cluster.current('endpointslices', now());
    const readyMs = now();
    wait(2);
    assert.deepEqual(counts(), { cart: { live: 1 } });
    wait(2);
    assert.deepEqual(counts(), { cart: { live: 1, missing: 1 } });
    const [, missing] = truth.upstreams()[0].compared.addresses;
    assert.deepEqual(missing, { address: '10.0.0.2:8080', state: 'missing', sinceMs: readyMs });
  });

  it('hears of an address that becomes another Service’s', () => {
    const { cluster, report, counts, wait } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    report({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
    wait(4);
    assert.deepEqual(counts(), { cart: { stale: 1, live: 1 } });
    cluster.set('endpointslices', slice('z', [endpoint('10.0.0.1')], { service: 'shop/other' }));
    wait(4);
    assert.deepEqual(counts(), { cart: { foreign: 1, live: 1 } });
  });

  it('never calls an unmapped upstream or a Service’s own address stale', () => {
    const { report, counts, wait } = setUp();
    report({ legacy: ['10.0.0.1:8080'], vip: ['10.96.0.1:80'] });
    wait(10);
    assert.deepEqual(counts(), { legacy: { unknown: 1 }, vip: {} });
  });

  it('does not compare a Service’s own address beside those of pods', () => {
    const { cluster, report, counts, wait } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    cluster.set('services', {
      ...{ key: 'shop/x', ports: [], clusterIps: ['10.96.0.1'], externalName: '', publishNotReadyAddresses: false },
    });
    report({ cart: ['10.0.0.1:8080', '10.96.0.1:80'] });
    wait(4);
    assert.deepEqual(counts(), { cart: { live: 1 } });
  });

  it('maps again when a Service or a slice with the address comes', () => {
    let service: string | null = null;
    const { cluster, report, counts, wait } = setUp((...asked) =>
      service === null
        ? byName(...asked)
        : { service: { service, portName: 'http' }, portNumber: '80', method: 'reverse', reason: '', isStatic: false },
    );
    report({ legacy: ['10.0.0.1:8080'] });
    assert.deepEqual(counts(), { legacy: { unknown: 1 } });
    service = 'shop/cart';
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    assert.deepEqual(counts(), { legacy: { live: 1 } });
    service = 'shop/other';
    cluster.set('endpointslices', slice('z', [], { service }));
    cluster.set('services', {
      ...{ key: 'shop/x', ports: [], clusterIps: [], externalName: '', publishNotReadyAddresses: false },
    });
    wait(4);
    assert.deepEqual(counts(), { legacy: { foreign: 1 } });
  });

  it('does not call an address drift that the proxy keeps out of service on purpose', () => {
    const { cluster, truth, counts, wait, now } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    const drained = view({ cart: [] }, { readAtMs: now() });
    truth.report('conf', {
      ...drained,
      upstreams: [
        { name: 'cart', alias: '', servers: [server('10.0.0.1:8080', { isDraining: true }), server('10.0.0.2:8080')] },
      ],
    });
    wait(4);
    assert.deepEqual(counts(), { cart: { live: 1 } }, 'no endpoint: not compared');
    assert.equal(truth.upstreams()[0].compared.driftSinceMs, null);
  });

  it('does not miss addresses of a family that the proxy was told not to use', () => {
    const { cluster, report, counts, wait, now } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    cluster.set('endpointslices', slice('b', [endpoint('fd00::1')]));
    report({ cart: ['10.0.0.1:8080'] });
    wait(4);
    assert.deepEqual(counts(), { cart: { live: 1 } });
    report({ cart: ['unix:/run/503.sock'] });
    cluster.current('endpointslices', now());
    wait(4);
    assert.deepEqual(counts(), { cart: { missing: 2 } });
  });

  it('shows each upstream once, as the source knows it that knows most', () => {
    const { truth, report, now } = setUp();
    const shown = () => truth.upstreams().map(({ upstream, view: { source } }) => `${upstream.name} ${source}`);
    truth.report('seen', view({ cart: ['10.0.0.1:8080'] }, { source: 'observed', readAtMs: now() }));
    assert.deepEqual(shown(), ['cart observed']);
    report({ legacy: [], cart: [] });
    assert.deepEqual(shown(), ['legacy nginx_config', 'cart nginx_config']);
    truth.report('plus', view({ cart: [] }, { source: 'nginx_plus', readAtMs: now() }));
    assert.deepEqual(shown(), ['legacy nginx_config', 'cart nginx_plus']);
  });
});
