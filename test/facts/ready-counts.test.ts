import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { ReadyCounts } from '../../src/facts/ready-counts.ts';
import { SliceLog } from '../../src/facts/slice-log.ts';
import { endpoint, slice } from './slices.ts';

const CART = { service: 'shop/cart', portName: 'http' };

const write = fc.record({
  afterMs: fc.constantFrom(0, 0, 1, 500, 60_000),
  key: fc.constantFrom('a', 'b', 'other'),
  isReady: fc.array(fc.option(fc.boolean(), { nil: null }), { minLength: 4, maxLength: 4 }),
  portName: fc.constantFrom('http', 'http', 'http', 'admin'),
  isAsked: fc.boolean(),
});

it('what is followed is what is counted anew, whatever changes and whenever it is asked', () => {
  let followed = 0;
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), fc.integer({ min: 3, max: 60 }), (writes, mostChanges) => {
      let nowMs = 1_000_000;
      const clock = { now: () => nowMs };
      const none = { namespaces: [], names: [], hasUnnamed: false };
      const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted: () => none });
      const log = new SliceLog({ clock, cluster, mostChanges });
      const following = new ReadyCounts({ index: cluster.index, log, few: -1 });
      cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.2')]));
      cluster.current('endpointslices', nowMs);
      for (const { afterMs, key, isReady, portName, isAsked } of writes) {
        nowMs += afterMs;
        const endpoints = isReady.flatMap((ready, n) => (ready === null ? [] : [endpoint(`10.0.0.${n}`, { ready })]));
        const service = key === 'other' ? 'shop/pay' : 'shop/cart';
        const ports = [{ name: portName, number: 8080 }];
        cluster.set('endpointslices', slice(key, endpoints, { service, ports }));
        if (!isAsked || log.service(CART.service) === undefined) continue;
        const anew = new ReadyCounts({ index: cluster.index, log }).of(CART).phases();
        const lately = (phases: typeof anew) =>
          phases.filter(({ sinceMs }) => sinceMs !== null && nowMs - sinceMs < 800_000);
        const phases = following.of(CART).phases();
        assert.deepEqual(lately(phases), lately(anew));
        assert.equal(phases.at(-1)?.value, anew.at(-1)?.value);
        assert.equal(phases[0].sinceMs, null);
        followed++;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(followed > 300);
});

it('with thousands of endpoints a change costs as much as what has changed', () => {
  const clock = { now: () => 1_000_000 };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted: () => none });
  const log = new SliceLog({ clock, cluster });
  let listed = 0;
  const index = {
    slicesOf: (service: string) => {
      listed++;
      return cluster.index.slicesOf(service);
    },
  };
  const counts = new ReadyCounts({ index, log });
  const many = Array.from({ length: 100 }, (_, n) => endpoint(`10.0.0.${n}`));
  cluster.set('endpointslices', slice('a', many));
  cluster.current('endpointslices', 0);
  assert.equal(counts.of(CART).phases().at(-1)?.value, 100);
  for (let n = 0; n < 10; n++) {
    cluster.set('endpointslices', slice('b', [endpoint('10.0.1.1', { ready: n % 2 === 0 })]));
    assert.equal(counts.of(CART).phases().at(-1)?.value, n % 2 === 0 ? 101 : 100);
  }
  assert.equal(listed, 1);
});
