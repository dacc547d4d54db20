import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import type { Mapping } from '../../src/facts/tracked-upstream.ts';
import { UpstreamTruth } from '../../src/facts/upstream-truth.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, server, view } from './views.ts';

/** `cart` stands for shop/cart, `vip…` for its own address, anything else for nothing. */
const byName: Mapping['map'] = (_, { name }) =>
  name.startsWith('vip') || name === 'cart'
    ? {
        service: { service: 'shop/cart', portName: 'http' },
        portNumber: '80',
        method: 'name',
        reason: '',
        isStatic: name.startsWith('vip'),
      }
    : { service: null, portNumber: '', method: 'none', reason: '', isStatic: false };

function setUp(map = byName) {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 180_000, wanted: () => none });
  const truth = new UpstreamTruth({
    clock,
    cluster,
    mapping: { map, forget() {} },
    wasOwner: () => false,
    viewStaleAfterMs: 60_000,
  });
  const report = (upstreams: Parameters<typeof view>[0], more: Parameters<typeof view>[1] = {}) =>
    truth.report('conf', view(upstreams, { readAtMs: nowMs, ...more }));
  cluster.current('endpointslices', nowMs);
  return {
    cluster,
    truth,
    report,
    /** Evaluates every second for so long. */
    wait(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        nowMs += 1000;
        truth.evaluate();
      }
    },
    now: () => nowMs,
    /** States other than 0 of every upstream. */
    counts() {
      truth.evaluate();
      return Object.fromEntries(
        truth
          .upstreams()
          .map(({ upstream, compared }) => [
            upstream.name,
            Object.fromEntries(Object.entries(compared.counts).filter(([, count]) => count > 0)),
          ]),
      );
    },
  };
}

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
