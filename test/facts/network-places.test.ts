import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import type { Freshness } from '../../src/facts/cluster-state.ts';
import { NetworkPlaces, whereOf } from '../../src/facts/network-places.ts';
import { network } from './facts-rig.ts';
import { EDGE } from './views.ts';

const HOST = network('host', ['10.9.0.1'], { kind: 'host', labels: { namespace: '', pod: '', netns: 'host' } });
const OUTSIDE = { namespace: '', pod: '', container: '', gateway: 'edge' };

function setUp(pods: readonly Partial<Pod>[] = [], settings: readonly GatewaySettings[] = []) {
  const pod = (key: string) => pods.find((one) => one.key === key) as Pod | undefined;
  const freshness = (): Freshness => (pods.length > 0 ? 'fresh' : 'unwatched');
  return new NetworkPlaces({ cluster: { pod, freshness }, settings: () => settings });
}

describe('NetworkPlaces', () => {
  it('finds the one network that has an address', () => {
    const places = setUp();
    places.see(network('a', ['10.0.0.1', '10.0.0.2']), 0);
    places.see(network('b', ['10.0.0.2']), 0);
    assert.equal(places.ofPeer(EDGE, '10.0.0.1')?.key, 'a');
    assert.equal(places.ofPeer(EDGE, '10.0.0.2'), undefined, 'two have it');
    places.see(network('a', ['10.0.0.3']), 1_000);
    assert.deepEqual([places.isKnown('10.0.0.1'), places.ofPeer(EDGE, '10.0.0.2')?.key], [false, 'b']);
    assert.deepEqual(places.see(network('c', []), 100_500), ['b']);
    assert.equal(places.ofPeer(EDGE, '10.0.0.2'), undefined, 'gone');
  });

  it("finds a gateway's network by its pod; loopback is its own", () => {
    const places = setUp([
      { key: 'gw/edge-2', uid: 'uid-x', hostNetwork: false },
      { key: 'gw/edge-3', hostNetwork: true },
    ]);
    places.see(HOST, 0);
    places.see(network('e', [], { labels: { namespace: 'gw', pod: 'edge-1', netns: 'pod' } }), 0);
    places.see(network('x', []), 0);
    const of = (pod: string) => places.ofGateway({ ...EDGE, pod })?.key;
    assert.deepEqual(['edge-1', 'edge-2', 'edge-3', 'edge-4'].map(of), ['e', 'x', 'host', undefined]);
    assert.equal(places.ofPeer(EDGE, '127.0.0.1')?.key, 'e');
    assert.equal(places.ofPeer(EDGE, '::1')?.key, 'e');
  });

  it('outside Kubernetes it is where the master runs, else where the only gateway does, else the node', () => {
    const settings = { subject: OUTSIDE, master: { pid: 10, startTicks: 5 }, listens: [], workerConnections: null };
    const withMaster = setUp([], [settings]);
    withMaster.see(network('a', [], { processes: [{ ...HOST.processes[0], pid: 11 }] }), 0);
    withMaster.see(network('b', []), 0);
    assert.equal(withMaster.ofGateway(OUTSIDE)?.key, 'b');
    const other = { ...settings, master: { pid: 11, startTicks: 5 } };
    const ofOneName = setUp([], [settings, other]);
    ofOneName.see(network('a', [], { processes: [{ ...HOST.processes[0], pid: 11 }] }), 0);
    assert.equal(ofOneName.ofGateway(OUTSIDE)?.key, 'a');
    ofOneName.see(network('b', []), 0);
    assert.equal(ofOneName.ofGateway(OUTSIDE), undefined, 'two masters');
    const places = setUp();
    places.see(network('a', []), 0);
    assert.equal(places.ofGateway(OUTSIDE), undefined);
    places.see(HOST, 0);
    assert.equal(places.ofGateway(OUTSIDE)?.key, 'host');
    places.see(network('g', [], { isGateway: true }), 0);
    assert.equal(places.ofGateway(OUTSIDE)?.key, 'g');
    places.see(network('h', [], { isGateway: true }), 0);
    assert.equal(places.ofGateway(OUTSIDE), undefined, 'one of two');
  });

  it('outside Kubernetes an Envoy is where the process is that runs it', () => {
    const process = { pid: 20, startTicks: 9 };
    const views = [{ subject: OUTSIDE, process }, { subject: { ...OUTSIDE, gateway: 'other' } }];
    const places = new NetworkPlaces({
      cluster: { pod: () => undefined, freshness: () => 'unwatched' },
      ...{ settings: () => [], views: () => views },
    });
    for (const key of ['a', 'b']) {
      const processes = [{ ...HOST.processes[0], ...(key === 'b' ? process : { pid: 21, startTicks: 9 }) }];
      places.see(network(key, [], { isGateway: true, processes }), 0);
    }
    assert.equal(places.ofGateway(OUTSIDE)?.key, 'b');
    assert.equal(places.ofGateway({ ...OUTSIDE, gateway: 'other' }), undefined, 'one of two');
  });

  it('holds so many', () => {
    const places = setUp();
    for (let at = 0; at < 1_001; at++) places.see(network(`n${at}`, [`fd00::${at}`]), 0);
    assert.deepEqual([places.all().length, places.dropped, places.isKnown('fd00::0')], [1_000, 1, false]);
  });

  it('calls them as a person does', () => {
    assert.equal(whereOf(HOST), 'the node');
    assert.equal(whereOf(network('cart-1', [])), 'pod shop/cart-1');
    const labels = { namespace: '', pod: '3f2a', netns: 'container' as const };
    assert.equal(whereOf(network('c', [], { kind: 'container', labels })), 'container 3f2a');
  });
});
