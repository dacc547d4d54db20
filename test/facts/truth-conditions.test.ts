import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { Conditions } from '../../src/facts/conditions.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { TruthConditions } from '../../src/facts/truth-conditions.ts';
import { NO_ADDRESSES } from '../../src/facts/upstream-comparison.ts';
import { endpoint, slice } from './slices.ts';
import { view } from './views.ts';

function tracked(isStatic = false): TrackedUpstream {
  const edge = view({ cart: ['10.0.0.1:8080'] });
  return {
    ...{ key: 'cart', view: edge, upstream: edge.upstreams[0] },
    mapped: {
      service: { service: 'shop/cart', portName: 'http' },
      portNumber: '80',
      method: 'name',
      reason: '',
      isStatic,
    },
    compared: { counts: NO_ADDRESSES, addresses: [], driftSinceMs: null, isWaiting: false, isUnconfirmed: false },
  };
}

it('says that the view is stale, and which Services have no ready endpoint, only where it can be told', () => {
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 1000, wanted: () => none });
  const conditions = new Conditions(clock);
  const own = new TruthConditions(cluster, conditions);
  const look = (...upstreams: TrackedUpstream[]) => {
    own.look(upstreams);
    return Object.fromEntries(
      conditions.all().map(({ condition, isActive, evidence }) => [condition, evidence || isActive]),
    );
  };
  assert.deepEqual(look(tracked()), {}, 'no source: nothing to be stale');
  cluster.expect('endpointslices');
  const stale = 'the EndpointSlices that are known are too old to compare with';
  assert.deepEqual(look(tracked()), { truth_stale: stale });
  cluster.current('endpointslices', 0);
  assert.deepEqual(look(tracked()), { truth_stale: false, no_endpoints: 'shop/cart:80' });
  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { ready: false })]));
  assert.deepEqual(look(tracked()), { truth_stale: false, no_endpoints: 'shop/cart:80' });
  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
  assert.deepEqual(look(tracked()), { truth_stale: false, no_endpoints: false });
  nowMs = 2000;
  assert.deepEqual(look(tracked()), { truth_stale: stale });
  assert.deepEqual(look(tracked(true)), {}, 'nothing of it is compared');
  cluster.current('endpointslices', 2000);
  look(tracked());
  assert.deepEqual(look(), {}, 'the gateway is gone');
});
