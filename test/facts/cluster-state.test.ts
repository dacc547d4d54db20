import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, Service } from '../../src/contract/cluster.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { endpoint, slice } from './slices.ts';

function service(name: string, clusterIps: readonly string[]): Service {
  return { key: `shop/${name}`, ports: [], clusterIps, externalName: '', publishNotReadyAddresses: false };
}

const POD: Pod = {
  ...{ key: 'shop/a', uid: 'u', nodeName: 'n', phase: 'Running', ips: ['10.0.0.1'], hostNetwork: false, ready: true },
  ...{ deletedAtMs: null, containers: [] },
};

function setUp() {
  let nowMs = 1_000_000;
  const wanted = { namespaces: ['shop'], names: ['cart'], hasUnnamed: false };
  const state = new ClusterState({ clock: { now: () => nowMs }, staleAfterMs: 60_000, wanted: () => wanted });
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { state, wanted, wait };
}

describe('ClusterState', () => {
  it('knows nothing, then waits, then is fresh, then stale', () => {
    const { state, wait } = setUp();
    assert.equal(state.freshness('services'), 'unwatched');
    state.expect('services');
    assert.equal(state.freshness('services'), 'pending');
    assert.equal(state.currentAtMs('services'), null);
    state.current('services', 1_000_000);
    wait(60_000);
    assert.equal(state.freshness('services'), 'fresh');
    wait(1);
    assert.equal(state.freshness('services'), 'stale');
    state.expect('services');
    assert.equal(state.freshness('services'), 'stale');
    assert.equal(state.freshness('pods'), 'unwatched');
  });

  it('does not stay fresh because the clock was set back', () => {
    const { state, wait } = setUp();
    state.current('services', 1_000_000);
    wait(-3_600_000);
    state.current('services', 1_000_000 - 3_600_000);
    wait(60_001);
    assert.equal(state.freshness('services'), 'stale');
    assert.equal(state.knownUntilMs('services'), 1_000_000 - 3_600_000);
  });

  it('takes what is known for as old as the source says', () => {
    const { state } = setUp();
    state.current('services', 1_000_000, 500_000);
    assert.deepEqual([state.freshness('services'), state.knownUntilMs('services')], ['fresh', 500_000]);
  });

  it('is offered by whoever asks what is wanted, or watches without asking', () => {
    const asked = setUp().state;
    assert.equal(asked.isOffered(), false);
    asked.wanted();
    assert.equal(asked.isOffered(), true);
    const file = setUp().state;
    file.expect('services');
    assert.equal(file.isOffered(), true);
  });

  it('knows nothing from when contact is lost until a later word', () => {
    const { state, wait } = setUp();
    assert.equal(state.knownUntilMs('services'), Number.NEGATIVE_INFINITY);
    state.current('services', 1_000_000);
    assert.equal(state.knownUntilMs('services'), 1_000_000);
    wait(5000);
    state.interrupted('services');
    state.current('services', 1_004_000);
    assert.equal(state.knownUntilMs('services'), Number.NEGATIVE_INFINITY, 'the word of another watch, from before');
    assert.equal(state.freshness('services'), 'fresh');
    wait(1_000);
    state.current('services', 1_006_000);
    assert.equal(state.knownUntilMs('services'), 1_006_000);
  });

  it('knows nothing after the clock was set back, also when it has come that far again', () => {
    const { state, wait } = setUp();
    state.current('services', 1_000_000);
    wait(-60_000);
    assert.equal(state.knownUntilMs('services'), Number.NEGATIVE_INFINITY);
    wait(90_000);
    assert.equal(state.knownUntilMs('services'), Number.NEGATIVE_INFINITY);
    state.current('services', 1_030_000);
    wait(-60_000);
    state.interrupted('services');
    wait(90_000);
    assert.equal(state.knownUntilMs('services'), Number.NEGATIVE_INFINITY);
  });

  it('does not become older by a word that comes late', () => {
    const { state } = setUp();
    state.current('pods', 900);
    state.current('pods', 800);
    assert.equal(state.currentAtMs('pods'), 900);
  });

  it('tells listeners what was and what is', () => {
    const { state } = setUp();
    const heard: unknown[] = [];
    state.listen({
      slice: (before, after) => heard.push(['slice', before?.endpoints.length, after?.endpoints.length]),
      service: (before, after) => heard.push(['service', before?.clusterIps, after?.clusterIps]),
      pod: (before, after) => heard.push(['pod', before?.uid, after?.uid]),
    });
    state.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    state.set('endpointslices', slice('a', []));
    state.set('services', service('cart', ['10.96.0.1']));
    state.set('pods', POD);
    state.delete('endpointslices', 'shop/a');
    state.delete('endpointslices', 'shop/a');
    state.delete('services', 'shop/cart');
    state.delete('pods', 'shop/a');
    assert.deepEqual(heard, [
      ['slice', undefined, 1],
      ['slice', 1, 0],
      ['service', undefined, ['10.96.0.1']],
      ['pod', undefined, 'u'],
      ['slice', 0, undefined],
      ['service', ['10.96.0.1'], undefined],
      ['pod', 'u', undefined],
    ]);
  });

  it('finds a pod by its uid, not one that another of its name has replaced', () => {
    const { state } = setUp();
    state.set('pods', POD);
    assert.equal(state.podOfUid('u')?.key, 'shop/a');
    state.set('pods', { ...POD, uid: 'v' });
    assert.deepEqual([state.podOfUid('u'), state.podOfUid('v')?.uid], [undefined, 'v']);
    state.delete('pods', 'shop/a');
    assert.equal(state.podOfUid('v'), undefined);
  });

  it('finds a Service by its address, also when a deletion comes after the address is used again', () => {
    const { state } = setUp();
    state.set('services', service('old', ['10.96.0.1']));
    state.set('services', service('new', ['10.96.0.1']));
    state.delete('services', 'shop/old');
    assert.equal(state.serviceOfClusterIp('10.96.0.1')?.key, 'shop/new');
    state.set('services', service('new', ['10.96.0.2']));
    assert.equal(state.serviceOfClusterIp('10.96.0.1'), undefined);
  });

  it('forgets one resource and leaves the others', () => {
    const { state, wanted } = setUp();
    state.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
    state.set('services', service('cart', []));
    state.current('endpointslices', 1_000_000);
    state.forget('endpointslices');
    assert.deepEqual(state.sizes(), { endpointslices: 0, services: 1, pods: 0 });
    assert.equal(state.freshness('endpointslices'), 'unwatched');
    assert.deepEqual(state.index.at('10.0.0.1'), []);
    assert.equal(state.wanted(), wanted);
  });

  it('knows since when it follows a resource, and when contact was lost last', () => {
    const { state, wait } = setUp();
    state.expect('pods');
    assert.equal(state.followedSinceMs('pods'), null);
    wait(1_000);
    state.current('pods', 1_001_000);
    wait(1_000);
    state.current('pods', 1_002_000);
    assert.equal(state.followedSinceMs('pods'), 1_001_000);
    assert.equal(state.lastGap('pods'), undefined);
    state.interrupted('pods');
    wait(3_000);
    state.current('pods', 1_002_000);
    assert.equal(state.lastGap('pods'), undefined, 'no news since');
    state.current('pods', 1_004_000);
    wait(1_000);
    state.current('pods', 1_006_000);
    assert.deepEqual(state.lastGap('pods'), { fromMs: 1_002_000, untilMs: 1_005_000 });
    state.forget('pods');
    assert.equal(state.followedSinceMs('pods'), null);
  });
});
