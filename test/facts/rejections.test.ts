import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import type { Cause } from '../../src/contract/names.ts';
import { Rejections } from '../../src/facts/rejections.ts';
import { factsRig } from './facts-rig.ts';

const SECOND = { leastMs: 1_000, mostMs: 1_000 };

function setUp(mostPeers = 100) {
  const rig = factsRig();
  const pending = { beganMs: Number.POSITIVE_INFINITY };
  const rejections = new Rejections({
    hasPending: (_proxy, _subject, beforeMs) => pending.beganMs < beforeMs,
    mostPeers,
  });
  const failed = (cause: Cause, count: number, more: Partial<Observation> = {}) => {
    const of = rig.failed({ symptom: 'host_unreachable', count, ...more });
    rejections.failed(of, cause, of.upstream, count, [`why ${cause}`]);
  };
  const said = (waited: Parameters<Rejections['around']>[1] = SECOND) => {
    const answer = rejections.around(rig.failed({ symptom: 'connect_timeout' }), waited);
    if (!answer.isKnown) return answer.mayCome ? 'pending' : 'unknown';
    return answer.value.map(({ cause, weight }) => `${cause} ${weight}`);
  };
  return { ...rig, rejections, failed, said, pending };
}

const OTHER = { scheme: 'http', address: '10.0.0.2', port: 8080 };

describe('attempts that were rejected while others timed out', () => {
  it('of the same peer, when the others were begun', () => {
    const { failed, said, step } = setUp();
    failed('no_route_to_host', 6);
    failed('no_route_to_host', 4, { peer: OTHER });
    failed('not_listening', 3, { symptom: 'connect_refused' });
    step(1_000);
    assert.deepEqual(said(), ['no_route_to_host 6']);
    step(5_000);
    assert.deepEqual(said(), [], 'they were begun long after');
  });

  it('what timed out itself is none, whatever it was charged to', () => {
    const { failed, said, step } = setUp();
    failed('no_route_to_host', 6, { symptom: 'connect_timeout' });
    step(1_000);
    assert.deepEqual(said(), []);
  });

  it('not those of later: what was dropped before is rejected now', () => {
    const { failed, said, step } = setUp();
    step(10_000);
    failed('no_route_to_host', 6);
    assert.deepEqual(said({ leastMs: 8_000, mostMs: 8_000 }), []);
  });

  it('waits for verdicts on what was begun before, of none of its own moment; not known without the timeout', () => {
    const { failed, said, step, pending, now } = setUp();
    failed('connection_refused', 6);
    step(1_000);
    pending.beganMs = now() - 1_500;
    assert.equal(said(), 'pending');
    pending.beganMs = now() - 1_000;
    assert.deepEqual(said(), ['connection_refused 6']);
    assert.equal(said(null), 'unknown');
  });

  it('is bounded: the peer that was quiet for longest is forgotten first', () => {
    const { rejections, failed, said, step } = setUp(1);
    failed('no_route_to_host', 6);
    failed('no_route_to_host', 4, { peer: OTHER });
    step(1_000);
    assert.deepEqual([said(), rejections.dropped], [[], 1]);
  });
});
