import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import { factsRig } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

const [ONE, OTHER, VIP] = ['10.0.0.1', '10.0.0.2', '10.96.0.10'];
const PORTS = [{ name: 'http', port: 80, targetPort: 8080 }];

/** The gateway asks the address of shop/cart, which has two ready endpoints for 20 s. */
function setUp() {
  const rig = factsRig();
  rig.cluster.set('services', {
    ...{ key: 'shop/cart', ports: PORTS, clusterIps: [VIP] },
    ...{ externalName: '', publishNotReadyAddresses: false },
  });
  rig.cluster.set('endpointslices', slice('a', [endpoint(ONE), endpoint(OTHER)]));
  rig.hear();
  rig.uses({ vip: [`${VIP}:80`] });
  rig.step(20_000);
  const at = (address = VIP, port = 80) => rig.failed({ peer: { scheme: 'http', address, port } });
  const behind = (of: Observation) => {
    const answer = rig.facts.behind(of);
    if (!answer.isKnown) return answer.mayCome ? 'pending' : 'unknown';
    return answer.value.map(({ peer, isLeaving }) => `${peer.address}:${peer.port}${isLeaving ? ' leaves' : ''}`);
  };
  const becomes = (...endpoints: Parameters<typeof slice>[1]) =>
    rig.cluster.set('endpointslices', slice('a', endpoints));
  return { ...rig, at, behind, becomes };
}

describe('endpoints behind the address of a Service', () => {
  it('are those that are ready', () => {
    const { at, behind, becomes, step } = setUp();
    assert.deepEqual(behind(at()), [`${ONE}:8080`, `${OTHER}:8080`]);
    becomes(endpoint(ONE), endpoint(OTHER, { ready: false }));
    step(20_000);
    assert.deepEqual(behind(at()), [`${ONE}:8080`]);
  });

  it('are none where the address is no Service’s', () => {
    const { at, behind } = setUp();
    assert.deepEqual(behind(at(ONE, 8080)), []);
    assert.deepEqual(behind({ ...at(), peer: null }), []);
  });

  it('are not known at another port, nor without slices that were heard of', () => {
    const { at, behind, quiet, step } = setUp();
    assert.equal(behind(at(VIP, 81)), 'unknown');
    quiet();
    step(20_000);
    assert.equal(behind(at()), 'pending');
  });

  it('are also those that were ready a moment before, and say whether they leave', () => {
    const { at, behind, becomes, step } = setUp();
    becomes(endpoint(ONE), endpoint(OTHER, { ready: false, terminating: true }));
    step(3_000);
    const of = at();
    step(2_000);
    assert.deepEqual(behind(of), [`${ONE}:8080`, `${OTHER}:8080 leaves`]);
    becomes(endpoint(ONE));
    step(2_000);
    assert.deepEqual(behind(of), [`${ONE}:8080`, `${OTHER}:8080 leaves`]);
  });

  it('are not those that became ready after it', () => {
    const { at, behind, becomes, step } = setUp();
    const of = at();
    step(2_000);
    becomes(endpoint(ONE), endpoint(OTHER), endpoint('10.0.0.3'));
    step(2_000);
    assert.deepEqual(behind(of), [`${ONE}:8080`, `${OTHER}:8080`]);
    becomes(endpoint(ONE), endpoint(OTHER, { ready: false }), endpoint('10.0.0.3'));
    step(2_000);
    assert.deepEqual(behind(of), [`${ONE}:8080`, `${OTHER}:8080`], 'not ready now');
  });
});
