import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { SliceLog } from '../../src/facts/slice-log.ts';
import { endpoint, slice } from './slices.ts';

const IP = '10.0.0.1';

function setUp(mostChanges?: number) {
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted: () => none });
  const log = new SliceLog({ clock, cluster, ...(mostChanges === undefined ? {} : { mostChanges }) });
  return { cluster, log, step: (by: number) => (nowMs += by), follow: () => cluster.current('endpointslices', nowMs) };
}

function sinceMs(log: SliceLog, service: string): number | null {
  const known = log.service(service);
  return known === undefined ? null : log.knownSinceMs(known);
}

describe('SliceLog', () => {
  it('holds what has changed since the first list, and only that', () => {
    const { cluster, log, step, follow } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint(IP), endpoint('10.0.0.2')]));
    assert.equal(sinceMs(log, 'shop/cart'), null);
    step(10);
    follow();
    assert.equal(sinceMs(log, 'shop/cart'), 1_000_010);
    assert.equal(sinceMs(log, 'shop/pay'), null);
    step(10);
    cluster.set('endpointslices', slice('a', [endpoint(IP, { ready: false }), endpoint('10.0.0.2')]));
    const [change, ...more] = log.changesOf(IP);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [change.atMs, change.before?.endpoint.ready, change.after?.endpoint.ready],
      [1_000_020, true, false],
    );
    assert.deepEqual(log.changesOf('10.0.0.2'), []);
    assert.deepEqual(log.changesIn('shop/cart'), [change]);
  });

  it('takes other ports, and another Service, for changes of every address', () => {
    const { cluster, log, follow } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint(IP)]));
    follow();
    cluster.set('endpointslices', slice('a', [endpoint(IP)], { ports: [{ name: 'http', number: 9090 }] }));
    assert.equal(log.changesOf(IP).length, 1);
    cluster.set('endpointslices', slice('a', [endpoint(IP)], { service: 'shop/pay' }));
    const services = log.changesOf(IP).map(({ service, after }) => [service, after !== null]);
    assert.deepEqual(services.slice(1), [
      ['shop/cart', false],
      ['shop/pay', true],
    ]);
  });

  it('forgets after a quarter of an hour, and when there is too much', () => {
    const { cluster, log, step, follow } = setUp(32);
    follow();
    const flap = (at: number) => cluster.set('endpointslices', slice('a', [endpoint(IP, { ready: at % 2 === 0 })]));
    for (let at = 0; at < 8; at++) flap(at);
    step(900_001);
    flap(8);
    flap(9);
    assert.equal(log.size, 2);
    for (let at = 0; at < 40; at++) {
      step(1_000);
      flap(at + 1);
    }
    assert.ok(log.size <= 32);
    assert.ok(sinceMs(log, 'shop/cart')! > 1_900_000, 'what was forgotten early is not known');
  });

  it('begins anew when the source is switched off', () => {
    const { cluster, log, step, follow } = setUp();
    follow();
    cluster.set('endpointslices', slice('a', [endpoint(IP)]));
    cluster.forget('endpointslices');
    assert.equal(log.size, 0);
    assert.equal(sinceMs(log, 'shop/cart'), null);
    step(5_000);
    cluster.set('endpointslices', slice('a', [endpoint(IP)]));
    follow();
    assert.equal(sinceMs(log, 'shop/cart'), 1_005_000);
  });
});
