import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import type { ContainerEnd } from '../../src/contract/evidence.ts';
import { factsRig, network } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

const UID = 'uid-10.0.0.1';

function pod(key: string, uid: string): Pod {
  const base = { nodeName: '', phase: 'Running', ips: [], hostNetwork: false, ready: true, deletedAtMs: null };
  return { key, uid, containers: [], ...base };
}

function setUp() {
  const rig = factsRig();
  rig.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
  rig.hear();
  rig.uses({ cart: ['10.0.0.1:8080'] });
  rig.step(5_000);
  const kill = (more: Partial<ContainerEnd> = {}) =>
    rig.facts.ended({
      ...{ podUid: UID, pod: '', container: 'app', isOomKill: true, reason: '', exitCode: null },
      ...{ fromMs: rig.now() - 1_000, atMs: rig.now(), ...more },
    });
  const said = (of: ReturnType<typeof rig.failed>, side: 'peer' | 'gateway' = 'peer', lookBackMs = 10_000) => {
    const answer = rig.facts.ends(of, side, lookBackMs);
    return answer.isKnown ? answer.value.length : answer.mayCome ? 'pending' : 'unknown';
  };
  return { ...rig, kill, said };
}

describe('containers that ended when requests failed', () => {
  it('those of the pod that has the address; a kill may be told after the failure', () => {
    const { cluster, failed, step, kill, said } = setUp();
    cluster.set('pods', pod('shop/cart-1', UID));
    const of = failed();
    assert.equal(said(of), 'pending');
    step(1_000);
    kill({ podUid: 'other', pod: 'shop/other' });
    assert.equal(said(of), 'pending');
    kill();
    assert.equal(said(of), 1);
  });

  it('none, when none is told in time; older ones do not end the waiting', () => {
    const { cluster, failed, step, kill, said } = setUp();
    cluster.set('pods', pod('shop/cart-1', UID));
    kill();
    step(60_000);
    const of = failed();
    assert.equal(said(of, 'peer', 300_000), 'pending');
    step(2_500);
    assert.equal(said(of, 'peer', 300_000), 1);
    assert.equal(said(of), 0);
  });

  it('not known of pods of other nodes, unless somebody tells it', () => {
    const { failed, kill, said, step } = setUp();
    step(3_000);
    assert.equal(said(failed()), 'unknown');
    kill();
    assert.equal(said(failed()), 1);
  });

  it('of the network that has the address, and of loopback of the gateway’s pod', () => {
    const { facts, failed, kill, said, now, step } = setUp();
    facts.counted(network('x', ['10.7.0.1'], { podUid: 'uid-x' }), {}, now());
    const processes = [{ ...network('c', []).processes[0], containerId: '3f2a77' }];
    facts.counted(network('c', ['10.7.0.2'], { podUid: '', processes }), {}, now());
    kill({ podUid: 'uid-x' });
    kill({ podUid: '', container: '3f2a' });
    kill({ podUid: '', pod: 'gw/edge-1' });
    step(3_000);
    const of = (address: string) => failed({ sinceMs: now() - 4_000, peer: { scheme: 'http', address, port: 80 } });
    assert.equal(said(of('10.7.0.1')), 1);
    assert.equal(said(of('10.7.0.2')), 1);
    assert.equal(said(of('127.0.0.1')), 1);
    assert.equal(said(of('10.7.0.3')), 'unknown');
    assert.equal(said(of('10.7.0.3'), 'gateway'), 1);
  });
});
