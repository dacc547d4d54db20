import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { Conditions } from '../../src/facts/conditions.ts';
import { PodConditions } from '../../src/facts/pod-conditions.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, view } from './views.ts';

function pod(key: string, ip: string, waitingReason = ''): Pod {
  const lastExit = { reason: 'Error', exitCode: 1, finishedAtMs: 0 };
  const status = { name: 'app', restartCount: 7, ready: false, waitingReason, lastExit };
  return {
    ...{ key, uid: `uid-${ip}`, nodeName: 'n1', phase: 'Running', ips: [ip], hostNetwork: false, ready: false },
    ...{ deletedAtMs: null, containers: [status] },
  };
}

it('says which pods behind the upstreams of a gateway, or of its own, crash again and again', () => {
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 1000, wanted: () => none });
  const conditions = new Conditions(clock);
  const own = new PodConditions(cluster, conditions);
  const edge = view({ cart: ['10.0.0.1:8080'] });
  const mapped = { service: { service: 'shop/cart', portName: 'http' }, portNumber: '80' };
  const upstreams = [{ view: edge, upstream: edge.upstreams[0], mapped } as unknown as TrackedUpstream];
  const look = () => {
    own.look(upstreams);
    return conditions.all().map(({ isActive, evidence }) => evidence || isActive);
  };
  assert.deepEqual(look(), [], 'pods are not watched');
  cluster.current('pods', 0);
  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { ready: false })]));
  cluster.set('pods', pod('shop/cart-1', '10.0.0.1'));
  cluster.set('pods', pod('shop/other-1', '10.0.0.9', 'CrashLoopBackOff'));
  assert.deepEqual(look(), [false], 'a pod of another Service');
  cluster.set('pods', pod('shop/cart-1', '10.0.0.1', 'CrashLoopBackOff'));
  assert.deepEqual(look(), ['shop/cart-1 (app): 7 restarts, last exit Error (1)']);
  cluster.set('pods', pod('shop/cart-1', '10.0.0.1'));
  cluster.set('pods', pod(`gw/${EDGE.pod}`, '10.0.0.5', 'CrashLoopBackOff'));
  assert.deepEqual(look(), ['gw/edge-1 (app): 7 restarts, last exit Error (1)']);
  nowMs = 2000;
  assert.deepEqual(look(), [], 'the watch of pods is stale');
  cluster.current('pods', 2000);
  look();
  own.look([]);
  assert.deepEqual(conditions.all(), [], 'the gateway is gone');
});
