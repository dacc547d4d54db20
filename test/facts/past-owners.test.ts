import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import { pastOwners } from '../../src/facts/past-owners.ts';
import { factsRig } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

const NODE = '192.168.0.5';

describe('pastOwners', () => {
  it('asks the slices and the pods that are watched whether a pod has an address of its own', () => {
    const history = {
      wasOwner: (...of: string[]) => of[2] === 'u1',
      isShared: (_: string, uid: string) => uid === 'u1',
    };
    const pods: Partial<Pod>[] = [
      { uid: 'u2', hostNetwork: true },
      { uid: 'u3', hostNetwork: false },
    ];
    const past = pastOwners(history, { podOfUid: (uid) => pods.find((one) => one.uid === uid) as Pod | undefined });
    const uids = ['u1', 'u2', 'u3', 'u4'];
    assert.deepEqual(
      uids.map((uid) => past.isShared(NODE, uid)),
      [true, true, false, false],
    );
    assert.deepEqual(
      uids.map((uid) => past.wasOwner('shop/cart', NODE, uid)),
      [true, false, false, false],
    );
  });

  it('so that a pod of another Service at the same address of the node all the time is no proof', () => {
    const rig = factsRig();
    const exporter = { service: 'shop/node-exporter', ports: [{ name: 'm', number: 9100 }] };
    rig.cluster.set('endpointslices', slice('a', [endpoint(NODE, { podName: 'edge-1' }), endpoint('192.168.0.6')]));
    rig.cluster.set('endpointslices', slice('n', [endpoint(NODE, { podUid: 'u-ne' })], exporter));
    rig.hear();
    rig.uses({ cart: [`${NODE}:8080`, '192.168.0.6:8080'] });
    rig.step(100_000);
    rig.cluster.set('endpointslices', slice('a', [endpoint('192.168.0.6')]));
    rig.step(10_000);
    const of = rig.failed({ peer: { scheme: 'http', address: NODE, port: 8080 } });
    rig.step(2_000);
    const answer = rig.facts.endpoint(of);
    assert.equal(answer.isKnown && answer.value.state, 'stale');
    rig.cluster.set('endpointslices', slice('n', [], exporter));
    rig.cluster.set(
      'endpointslices',
      slice('p', [endpoint(NODE, { podUid: 'u-pay' })], { ...exporter, service: 'shop/pay' }),
    );
    rig.step(10_000);
    const later = rig.failed({ peer: { scheme: 'http', address: NODE, port: 8080 } });
    rig.step(2_000);
    const another = rig.facts.endpoint(later);
    assert.equal(another.isKnown && another.value.state, 'foreign', 'it came when both were gone');
  });
});
