import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Subject } from '../../src/contract/metrics.ts';
import { factsRig, network } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE } from './views.ts';

function setUp() {
  const rig = factsRig();
  const say = (isActive: boolean | null, subject: Subject = { ...EDGE, container: '' }) =>
    rig.conditions.condition({ condition: 'sidecar_down', subject, isActive, evidence: `said ${isActive}` });
  const asked = (of: ReturnType<typeof rig.failed>, side: 'peer' | 'gateway' = 'gateway') => {
    const answer = rig.facts.condition(of, side, 'sidecar_down');
    return answer.isKnown ? answer.value.isActive : answer.mayCome ? 'pending' : 'unknown';
  };
  return { ...rig, say, asked };
}

describe('a condition when requests failed', () => {
  it('of the gateway’s pod, whatever the container; it may be told some seconds later', () => {
    const { failed, say, asked, step } = setUp();
    assert.equal(asked(failed()), 'unknown');
    say(false);
    step(10_000);
    const of = failed();
    assert.equal(asked(of), 'pending');
    step(4_000);
    say(true);
    assert.equal(asked(of), true);
    assert.equal(asked(failed({ subject: { ...EDGE, pod: 'edge-2' } })), 'unknown');
    say(false);
    step(10_000);
    assert.equal(asked(of), true, 'as it was then');
    const later = failed();
    step(1_000);
    say(false);
    assert.equal(asked(later), false, 'told since');
  });

  it('what is not polled stays as it is told', () => {
    const { failed, say, asked, step } = setUp();
    say(false);
    step(40_000);
    assert.equal(asked(failed()), false);
    say(null);
    step(1_000);
    assert.equal(asked(failed()), 'unknown');
  });

  it('outside Kubernetes, of the gateway of the name', () => {
    const { failed, say, asked } = setUp();
    const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };
    say(true, subject);
    assert.equal(asked(failed({ subject })), true);
    assert.equal(asked(failed({ subject: { ...subject, gateway: 'other' } })), 'unknown');
    assert.equal(asked(failed()), 'unknown');
  });

  it('of the pod behind the peer', () => {
    const { facts, failed, say, asked, now } = setUp();
    say(true, { namespace: 'shop', pod: 'cart-1', container: '', gateway: 'cart' });
    assert.equal(asked(failed(), 'peer'), 'unknown');
    facts.counted(network('cart-1', ['10.0.0.1']), {}, now());
    assert.equal(asked(failed(), 'peer'), true);
  });

  it('of a pod whose name was not known yet: it was told of by its uid', () => {
    const { cluster, failed, say, asked } = setUp();
    cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podUid: 'uid-1', podName: 'cart-1' })]));
    say(true, { namespace: '', pod: 'uid-1', container: '', gateway: 'cart' });
    assert.equal(asked(failed(), 'peer'), true);
    assert.equal(asked(failed()), 'unknown');
  });

  it('without slices of a pod that only the node knows', () => {
    const { facts, failed, say, asked, now } = setUp();
    const labels = { namespace: '', pod: 'uid-1', netns: 'pod' } as const;
    facts.counted(network('n1', ['10.0.0.1'], { podUid: 'uid-1', labels }), {}, now());
    say(true, { namespace: '', pod: 'uid-1', container: '', gateway: 'cart' });
    assert.equal(asked(failed(), 'peer'), true);
    say(true, { namespace: '', pod: 'uid-2', container: '', gateway: 'cart' });
    say(false, { namespace: '', pod: 'uid-1', container: '', gateway: 'cart' });
    assert.notEqual(asked(failed({ sinceMs: now() + 1, atMs: now() + 1 }), 'peer'), true, 'another pod');
  });
});
